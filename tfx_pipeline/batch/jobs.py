"""A job from its beginning, or from where it was interrupted, to its manifest."""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tfx_pipeline.batch.beam.model_copy import check_signature
from tfx_pipeline.batch.beam.work import BeamWork
from tfx_pipeline.batch.chunks import ChunkReader
from tfx_pipeline.batch.engines import (
    Engine,
    choose_engine,
    columns_of,
    no_answers,
)
from tfx_pipeline.batch.job import JobPlan, check_same, job_document
from tfx_pipeline.batch.opening.number_styles import find_styles
from tfx_pipeline.batch.opening.opened_input import open_input
from tfx_pipeline.batch.output.answers import answer_columns, as_schema
from tfx_pipeline.batch.output.folder import BAD_ROWS, OutputFolder, opened
from tfx_pipeline.batch.output.part_files import unwritable
from tfx_pipeline.batch.reading.blocks import UNREADABLE
from tfx_pipeline.batch.row_meter import RowMeter
from tfx_pipeline.batch.running import ChunkWork, begin_again, unwritten
from tfx_pipeline.errors import ConfigError, DataError, Problem
from tfx_pipeline.ingestion.columns.number_text import NumberStyle
from tfx_pipeline.ingestion.fingerprints.file_state import FileState, check_unchanged
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.wording import counted, listed

_TITLE = "the output folder cannot be used"
_UNFIT = "the output cannot be written so"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        folder: of the output.
        manifest: as it stands there.
        was_finished: it was so before; nothing was done.
        seconds: that this process worked.
        rows_now: of the rows read, those that this process read.
    """

    folder: Path
    manifest: Mapping[str, Any]
    was_finished: bool = False
    seconds: float = 0.0
    rows_now: int = 0


def run_job(plan: JobPlan, say: Say) -> Outcome:
    """Answer all rows; what is worth knowing is said on the way.

    A job that is interrupted, be it by SIGKILL, goes on where `plan.resumes`.

    Raises:
        PipelineError: something cannot be used, read or written; what is written is whole.
    """
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(opened(plan.output))
        states = plan.states()
        document = job_document(plan, states)
        if (finished := folder.manifest) is not None:
            return _finished_before(plan, folder, finished, document)
        begun = folder.job
        _check_begun(plan, begun, document)
        job, rows = _work(plan, folder, begun or document, states, say)
        seconds = time.monotonic() - began
        try:
            folder.finish(_manifest(folder, job, seconds, rows))
        except OSError as error:
            raise unwritten(folder, error) from error
        return Outcome(plan.output, folder.manifest or {}, False, seconds, rows)


def _finished_before(
    plan: JobPlan, folder: OutputFolder, manifest: dict[str, Any], document: Mapping[str, Any]
) -> Outcome:
    if not plan.resumes:
        step = "give another --output, or remove the folder"
        problem = Problem("the folder holds a finished job", shown(plan.output), next_step=step)
        raise ConfigError([problem], _TITLE)
    check_same(manifest["job"], document, plan.output)
    folder.clean()
    return Outcome(plan.output, manifest, True)


def _check_begun(
    plan: JobPlan, begun: Mapping[str, Any] | None, document: Mapping[str, Any]
) -> None:
    if begun is None:
        return
    if not plan.resumes:
        step = f"{plan.resume_command}, or give another --output"
        problem = Problem(
            "the folder holds a job that was interrupted", shown(plan.output), next_step=step
        )
        raise ConfigError([problem], _TITLE)
    check_same(begun, document, plan.output)
    if plan.engine not in ("auto", begun["engine"]):
        problem = Problem(
            "it was begun with another engine", shown(plan.output), plan.engine, begun["engine"]
        )
        raise ConfigError([problem], _TITLE)


def _work(
    plan: JobPlan,
    folder: OutputFolder,
    job: Mapping[str, Any],
    states: Mapping[Path, FileState],
    say: Say,
) -> tuple[dict[str, Any], int]:
    """Answer and write what is not done; give what the job is now, and how many rows were read."""
    choice = job.get("engine", plan.engine)
    described = plan.model.description
    engine = None if described else choose_engine(choice, plan.model, None)
    columns = columns_of(described) if described else engine.columns if engine else {}
    with contextlib.ExitStack() as stack:
        reader, notes = open_input(plan, columns, stack)
        for note in notes:
            say(note)
        folder.find_done()
        before = sum(record.rows for record in folder.records)
        try:
            reader, job = _styled(plan, reader, job)
            rows, chunks = begin_again(
                reader,
                folder,
                job.get("chunk_rows", plan.chunk_rows),
                has_digest=plan.query is not None,
            )
            first = next(chunks, None if folder.records else reader.no_rows())
        except UnreadableError as error:
            raise DataError([error.problem], UNREADABLE) from error
        if first is None:  # all was done, but for the manifest
            return dict(job), 0
        engine = engine or choose_engine(choice, plan.model, first.cells)
        say(f"engine: {engine.name} ({engine.why})")
        schema = _schema(plan, reader, engine)
        if "engine" not in job:
            job = {**job, "engine": engine.name, "why": engine.why, "chunk_rows": rows}
            _begin(folder, job)
        if before:
            say(f"{counted(before, 'row')} were done before")
        meter = RowMeter(reader.parts, before)
        check = partial(check_unchanged, states)
        work = _chunk_work(plan, engine, folder, schema, check, meter.tell)
        work.run(meter.metered(itertools.chain([first], chunks)))
        return dict(job), meter.written


def _chunk_work(
    plan: JobPlan,
    engine: Engine,
    folder: OutputFolder,
    schema: Any,
    check: Callable[[], None],
    tell: Callable[[int], None],
) -> ChunkWork:
    """Say what is done with each chunk, in this process or by Beam."""
    parts = (engine, folder, plan.written, schema, check, plan.query is not None, tell)
    if engine.name != "beam":
        return ChunkWork(*parts)
    check_signature(plan.model)
    return BeamWork(*parts, plan.model, plan.beam_options)


def _styled(
    plan: JobPlan, reader: ChunkReader, job: Mapping[str, Any]
) -> tuple[ChunkReader, Mapping[str, Any]]:
    """Find out how numbers are written, when the job is begun; a database writes plain ones."""
    if "number_styles" in job:
        styles = {name: NumberStyle(*marks) for name, marks in job["number_styles"].items()}
    else:
        styles = find_styles(reader, plan.csv) if plan.files else {}
        marks = {name: [style.decimal, style.thousands] for name, style in styles.items()}
        job = {**job, "number_styles": marks}
    return reader.with_styles(styles), job


def _begin(folder: OutputFolder, job: Mapping[str, Any]) -> None:
    try:
        folder.begin(job)
    except OSError as error:
        raise unwritten(folder, error) from error


def _schema(plan: JobPlan, reader: ChunkReader, engine: Engine) -> Any:
    """Give the schema of the output.

    Raises:
        ConfigError: names clash, or the format cannot hold a column.
    """
    answers = answer_columns(no_answers(engine))
    if clash := [name for name in answers if name in reader.kept_schema.names]:
        step = "leave them out of --keep and --id, or rename them in the input"
        problem = Problem(
            "columns that are passed through have names that the model's answers have",
            None,
            listed(clash),
            next_step=step,
        )
        raise ConfigError([problem], _UNFIT)
    model = plan.model
    facts = {"model": model.name, "version": model.version, "engine": engine.name}
    facts["model_sha256"] = model.digest
    if model.description and model.description.answer.classes:
        facts["classes"] = json.dumps(model.description.answer.classes, ensure_ascii=False)
    schema = as_schema(reader.kept_schema, answers, facts)
    if name := unwritable(schema, plan.written):
        kind = str(schema.field(name).type)
        step = "--format parquet, or do not keep it" if plan.written == "csv" else "do not keep it"
        what = f"`{name}` cannot be written as {plan.written}"
        raise ConfigError([Problem(what, None, kind, next_step=step)], _UNFIT)
    return schema


def _manifest(
    folder: OutputFolder, job: Mapping[str, Any], seconds: float, rows_now: int
) -> dict[str, Any]:
    """Say what a finished job is; its parts are added by the folder."""
    records = folder.records
    written, bad = (sum(getattr(x, name) for x in records) for name in ("written", "bad"))
    return {
        "state": "finished",
        "rows": {"read": sum(x.rows for x in records), "written": written, "bad": bad},
        "bad_rows": BAD_ROWS if bad else None,
        "rows_of_this_process": rows_now,
        "seconds_of_this_process": round(seconds, 3),
        "finished": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "job": dict(job),
    }
