"""The input table, looked at before anything heavy is imported."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tfx_pipeline.config.checks import check_config
from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.label import LabelConfig
from tfx_pipeline.errors import ConfigError, DataError
from tfx_pipeline.ingestion.columns.number_text import shape_of
from tfx_pipeline.ingestion.needs import CsvFormat, LabelNeeds, SchemaType, TableNeeds, Use
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_checks import check_table, unreadable
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.modules.features.kinds import KINDS
from tfx_pipeline.modules.label_rule.rule import LabelRule
from tfx_pipeline.runners.input_files import InputFiles, find_input_files


def checked_table(
    loaded: LoadedConfig, staging: Path | None = None, files: InputFiles | None = None
) -> Table:
    """Look at the table, then compare the configuration with it.

    Args:
        loaded: the configuration.
        staging: folder in which a copy for ExampleGen is written on the way, see `read_table`.
        files: what `find_input_files` gave, where it was asked before.

    Raises:
        ConfigError: there is no table, or the configuration does not fit it.
        DataError: it cannot be read, or its values cannot be used.
        PlaceError: the copy cannot be written.
    """
    config = loaded.config
    files = files or find_input_files(loaded)
    chosen = None if files.path.exists() else files.files
    table = read_table(files.path, table_needs(loaded), chosen, staging, files.spans)
    table = replace(table, notes=(*files.notes, *table.notes))
    title = f"{config.data.path} cannot be used; nothing was run"
    if problems := unreadable(table):
        raise DataError(problems, title)
    check_config(loaded, table.header)
    rows = {file.path: file.rows for file in table.files}
    try:
        problems = check_table(table)
    except (UnreadableError, OSError) as error:  # it could be read a moment ago
        files.check_unchanged()
        where = files.path
        problem = os_problem(where, error) if isinstance(error, OSError) else error.problem
        raise DataError([problem], title) from error
    if problems := [*problems, *files.row_problems(rows)]:
        raise DataError(problems, title)
    duplicates = files.duplicates(rows)
    if duplicates and config.data.duplicate_files == "refuse":
        raise DataError(duplicates, title)
    notes = [f"{problem.place}: {problem.what}" for problem in duplicates]
    files.check_unchanged()
    return replace(table, notes=(*table.notes, *notes))


def table_needs(loaded: LoadedConfig) -> TableNeeds:
    """Say what the configuration needs of its table.

    Raises:
        ConfigError: the curated schema cannot be read.
    """
    config = loaded.config
    csv, label = config.data.csv, config.label
    uses = _used_columns(config)
    used = {name: (path, use) for path, name, use in reversed(uses)}
    numbers = {name: path for path, name, use in reversed(uses) if use in ("number", "moment")}
    schema = _schema_types(loaded)
    for name in _spelled_columns(label) - schema.keys():
        if name in used and used[name][1] == "category":
            used[name] = (used[name][0], "spelling")
    return TableNeeds(
        csv=CsvFormat(**csv.model_dump()),
        uses={name: use for name, (_, use) in used.items()},
        places={name: loaded.source.place(path) for name, (path, _) in used.items()},
        numbers={x: loaded.source.place(path) or ".".join(path) for x, path in numbers.items()},
        label=_label_needs(loaded),
        schema=schema,
        split=config.data.split.needs,
    )


def _label_needs(loaded: LoadedConfig) -> LabelNeeds | None:
    """Say what the label must be; None: its rule is none, and `check_config` says why."""
    label = loaded.config.label
    if label.rule and _parsed(label.rule) is None:
        return None
    place = loaded.source.place(("label", "rule" if label.rule else "column"))
    return LabelNeeds(label.column, label.task, label.rule, label.classes, place)


def _spelled_columns(label: LabelConfig) -> set[str]:
    """Name the columns that the label compares as they are spelled: `1.0` is not `1`."""
    rule = _parsed(label.rule) if label.rule else None
    if rule:
        return set(rule.text_columns)
    are_spelled = any(shape_of(name) not in ("integer", "text") for name in label.classes)
    return {label.column} if are_spelled and not label.rule else set()


def _parsed(rule: str) -> LabelRule | None:
    try:
        return LabelRule.parse(rule)
    except ValueError:
        return None


def _used_columns(config: PipelineConfig) -> list[tuple[tuple[str, ...], str, Use]]:
    """List where columns are used, and what for; of one column, the first counts."""
    label = config.label
    used: list[tuple[tuple[str, ...], str, Use]] = []
    use: Use
    for name, feature in config.features.items():
        used.append((("features", name), name, KINDS[feature.kind].use))
    if label.rule is None:
        use = "category" if label.classes else "number"
        used.append((("label", "column"), label.column, use))
    elif rule := _parsed(label.rule):  # else `check_config` says why
        for name in sorted(rule.columns):
            use = "category" if name in rule.text_columns else "number"
            used.append((("label", "rule"), name, use))
    for name, lookup in config.lookups.items():
        used.append((("lookups", name, "value"), lookup.value, "number"))
        used.append((("lookups", name, "key"), lookup.key, "category"))
    for group in config.evaluation.slices:
        used += [(("evaluation", "slices"), name, "category") for name in group]
    used += [(("data", "split", "columns"), name, "category") for name in config.data.split.columns]
    return used


def _schema_types(loaded: LoadedConfig) -> dict[str, SchemaType]:
    """Read the types that the curated schema gives."""
    file = loaded.config.data.schema_file
    path = loaded.config.path(file) if file else None
    if path is None or not path.is_file():
        return {}  # `check_config` says that a file is missing
    from tensorflow_metadata.proto.v0 import schema_pb2

    from tfx_pipeline.ingestion.schema import parse_schema

    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError([os_problem(path, error)], "the schema cannot be used") from error
    schema = parse_schema(content, shown(path))
    names: dict[int, SchemaType] = {
        schema_pb2.INT: "INT",
        schema_pb2.FLOAT: "FLOAT",
        schema_pb2.BYTES: "BYTES",
    }
    return {x.name: names[x.type] for x in schema.feature if x.type in names}
