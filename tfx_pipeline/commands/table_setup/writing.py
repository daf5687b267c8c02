"""The files of a table: what they are to be, with what a person changed in them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tfx_pipeline.commands.table_setup.planned_file import PlannedFile, text_of, write_files
from tfx_pipeline.commands.table_setup.schema import schema_of
from tfx_pipeline.commands.table_setup.table_place import (
    UNUSABLE,
    TablePlace,
    find_table,
    pipeline_name,
)
from tfx_pipeline.config.checks import check_config
from tfx_pipeline.config.loader import LoadedConfig, loaded_text
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.schema import SCHEMA_FILE
from tfx_pipeline.tables.plan import TablePlan
from tfx_pipeline.tables.planning import plan_sample
from tfx_pipeline.tables.reading import read_any_encoding
from tfx_pipeline.tables.table_sample import TableSample
from tfx_pipeline.tables.writing.config_merge import Kept, merge_config
from tfx_pipeline.tables.writing.config_text import config_text
from tfx_pipeline.tables.writing.readme_merge import merge_readme
from tfx_pipeline.tables.writing.readme_text import readme_text
from tfx_pipeline.tables.writing.record import read_record, record_file, record_text
from tfx_pipeline.tables.writing.schema_text import merge_schema

_MOST_ROWS = 1_000_000
_OVERLAY = "configs/env/local.yaml"
_LOCAL = """\
# This machine; laid over each configuration of the folder above.
environment:
  runner: local
"""


@dataclass(frozen=True)
class SetUp:
    """What was found out, and the files that follow.

    Attributes:
        name: of the pipeline.
        plan: what was decided.
        files: as they are and as they are to be, the configuration first.
        kept: settings that stay as a person changed them.
        kept_columns: columns of the schema that do.
        problems: why the configuration cannot be used, with what a person changed.
        command: that runs it.
    """

    name: str
    plan: TablePlan
    files: tuple[PlannedFile, ...]
    kept: tuple[Kept, ...]
    kept_columns: tuple[str, ...]
    problems: tuple[Problem, ...]
    command: str


def set_up(options: argparse.Namespace, root: Path) -> SetUp:
    """Look at the table of the command line, and make the files below `root`.

    Raises:
        ConfigError: the command line or a file that is there cannot be used.
        DataError: the table cannot be used.
    """
    place = find_table(options, root)
    name = pipeline_name(place, options.name)
    project = _Project(root, name, anew=options.force)
    path = str(place.path)
    sample, csv = read_any_encoding(place.path, CsvFormat(), place.query, _MOST_ROWS, place.files)
    plan = plan_sample(sample, csv, path, options.label, task=options.task)
    plan = replace(plan, table=place.setting.get("path") or path)
    return project.set_up(place, plan, sample)


def write(done: SetUp) -> None:
    """Write the files.

    Raises:
        ConfigError: one cannot be written; none was.
    """
    write_files(done.files)


class _Project:
    """The files of one name."""

    def __init__(self, root: Path, name: str, *, anew: bool) -> None:
        self._root, self._name, self._anew = root, name, anew
        self._config = f"configs/{name}.yaml"
        self._schema = f"schema/{name}/{SCHEMA_FILE}"
        self._readme = f"data/{name}/README.md"
        self._record = record_file(root, name)
        before = None if anew else read_record(self._record)
        if before is None and not anew and (root / self._config).exists():
            step = "choose another name: --name; or write it anew: --force"
            what = "there is a configuration of this name, which `init` did not write"
            raise ConfigError([Problem(what, self._config, next_step=step)], UNUSABLE)
        self._before = before or {}
        self._now: dict[str, str] = {}  # what is to be remembered
        self._files: list[PlannedFile] = []

    def set_up(self, place: TablePlace, plan: TablePlan, sample: TableSample) -> SetUp:
        """Say what the files are to be.

        Raises:
            ConfigError: a file that is there cannot be used.
            DataError: the table cannot be read to its end.
        """
        columns = [column.name for column in plan.columns]
        kept: list[Kept] = []
        kept_columns: list[str] = []

        def with_own_settings(before: str, there: str, now: str) -> str:
            text, found = merge_config(before, there, now, columns, self._config)
            kept.extend(found)
            return text

        def with_own_rules(before: str, there: str, now: str) -> str:
            text, found = merge_schema(before, there, now, columns)
            kept_columns.extend(found)
            return text

        data = {**place.setting, "schema_file": self._schema}
        has_editor_file = (self._root / "configs/schema.json").exists()
        now = config_text(plan, self._name, data, with_editor_line=has_editor_file)
        config = self._add(self._config, now, with_own_settings)
        loaded, problems = self._checked(config, columns)
        if problems:
            self._leave(self._schema)  # till the configuration says again what columns are
        else:
            self._add(self._schema, schema_of(loaded, plan, sample), with_own_rules)
        self._add(self._readme, readme_text(plan, self._name), merge_readme)
        if not (self._root / _OVERLAY).exists():
            self._files.append(PlannedFile(self._root / _OVERLAY, None, _LOCAL))
        there = text_of(self._record)
        self._files.append(PlannedFile(self._record, there, record_text(self._now)))
        program = "python run_local.py"
        if not (self._root / "run_local.py").is_file():
            program = "tfx-pipeline run"
        return SetUp(
            self._name,
            plan,
            tuple(self._files),
            tuple(kept),
            tuple(kept_columns),
            tuple(problems),
            f"{program} --config {self._config}",
        )

    def _add(self, name: str, now: str, merge: Callable[[str, str, str], str]) -> str:
        """Say what a file is to be: what is written today, with what a person changed in it.

        A file that was there before `init` wrote any of its name stays as it is.
        """
        there = text_of(self._root / name)
        text = now
        if there is not None and not self._anew:
            before = self._before.get(name)
            text = there if before is None else merge(before, there, now)
        if there is None or self._anew or name in self._before:
            self._now[name] = now
        self._files.append(PlannedFile(self._root / name, there, text))
        return text

    def _leave(self, name: str) -> None:
        """Leave a file as it is."""
        if name in self._before:
            self._now[name] = self._before[name]

    def _checked(self, config: str, columns: Sequence[str]) -> tuple[LoadedConfig, list[Problem]]:
        """Read the configuration as a run will; give what a run would refuse."""
        loaded = loaded_text(config, self._root / self._config, self._config)
        data = loaded.config.data
        if data.schema_file == self._schema:  # it need not be there yet
            data = data.model_copy(update={"schema_file": None})
        without = replace(loaded, config=loaded.config.model_copy(update={"data": data}))
        try:
            check_config(without, columns)
        except ConfigError as error:
            return without, list(error.problems)
        return without, []
