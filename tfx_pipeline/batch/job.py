"""What a job is begun with: inputs, model, options; the same when it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfx_pipeline.batch.engines import EngineChoice
from tfx_pipeline.batch.models import BatchModel
from tfx_pipeline.batch.output.part_files import OutputFormat
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.fingerprints.file_state import FileState, states_of
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.table_files import shown

_FORM = 1


@dataclass(frozen=True, kw_only=True)
class JobPlan:
    """What is asked for.

    Attributes:
        model: that answers.
        files: of the input, in their order; empty: a query.
        query: gives the rows instead of files.
        output: folder.
        written: format of the output.
        engine: that is to answer.
        kept: columns that are passed through; `*`: all.
        id_column: column that names a row, first in the output; empty: there is none.
        may_lack: a column of the model that the input does not have is missing in all rows.
        csv: how texts are written.
        chunk_rows: rows of a chunk; 0: as many as fit.
        resumes: the job that was begun there goes on.
        resume_command: that a person types for that.
        beam_options: of the engine `beam`, as on a command line; none: in this process.
    """

    model: BatchModel
    output: Path
    files: Sequence[Path] = ()
    query: SqlQuery | None = None
    written: OutputFormat = "parquet"
    engine: EngineChoice = "auto"
    kept: Sequence[str] = ()
    id_column: str = ""
    may_lack: bool = False
    csv: CsvFormat = field(default_factory=CsvFormat)
    chunk_rows: int = 0
    resumes: bool = False
    resume_command: str = "--resume"
    beam_options: Sequence[str] = ()

    def states(self) -> dict[Path, FileState]:
        """Look at the files.

        Raises:
            DataError: some are not there.
        """
        return states_of(self.files)


def job_document(plan: JobPlan, states: Mapping[Path, FileState]) -> dict[str, Any]:
    """Write down what must be the same when the job goes on."""
    model, query = plan.model, plan.query
    inputs: Any = [
        {"file": str(path.absolute()), "bytes": state.size, "modified_ns": state.mtime_ns}
        for path, state in states.items()
    ]
    if query:
        inputs = {"database": query.url, "query": query.text}
    return {
        "form": _FORM,
        "model": {
            "name": model.name,
            "version": model.version,
            "folder": str(model.folder),
            "sha256": model.digest,
        },
        "input": inputs,
        "options": {
            "format": plan.written,
            "keep": list(plan.kept),
            "id": plan.id_column,
            "allow_missing": plan.may_lack,
            "csv": repr(plan.csv),
        },
    }


def check_same(begun: Mapping[str, Any], now: Mapping[str, Any], output: Path) -> None:
    """Refuse to go on with another model, other inputs or other options.

    Raises:
        ConfigError: saying what is another.
    """
    if begun.get("form") != now["form"]:
        problem = Problem("another version of this package wrote it", shown(output))
        raise _refusal([problem])
    problems = []
    if begun["model"]["sha256"] != now["model"]["sha256"]:
        was, is_now = (
            f"{x['name']} version {x['version']}" for x in (begun["model"], now["model"])
        )
        problems.append(
            Problem(
                "it was begun with another model",
                shown(output),
                f"{is_now}, {now['model']['sha256'][:12]}",
                f"{was}, {begun['model']['sha256'][:12]}",
                f"--model {begun['model']['folder']}, or another --output",
            )
        )
    for name, value in now["options"].items():
        if begun["options"].get(name) != value:
            words = str(begun["options"].get(name))
            what = f"it was begun with another `{name}`"
            problems.append(Problem(what, shown(output), str(value), words))
    problems += _input_problems(begun["input"], now["input"], output)
    if problems:
        raise _refusal(problems)


def _input_problems(begun: Any, now: Any, output: Path) -> list[Problem]:
    if begun == now:
        return []
    if isinstance(begun, dict) or isinstance(now, dict):
        return [Problem("it was begun with another input", shown(output), str(now), str(begun))]
    before = {each["file"]: each for each in begun}
    names = [each["file"] for each in now]
    problems = [
        Problem("it changed since the job was begun", shown(Path(each["file"])))
        for each in now
        if each["file"] in before and before[each["file"]] != each
    ]
    if list(before) != names:
        what = "it was begun with other files"
        words = (
            f"{len(files)} files, {shown(Path(files[0]))} first" for files in (names, [*before])
        )
        problems.append(Problem(what, shown(output), *words))
    return problems[:10]


def _refusal(problems: Sequence[Problem]) -> ConfigError:
    title = "this is not the job that was begun there"
    step = Problem("nothing was changed", next_step="give another --output to begin anew")
    return ConfigError([*problems, step], title)
