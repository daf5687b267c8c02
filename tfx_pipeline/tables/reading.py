"""How a table must be read: its encoding, bad rows, and cells that mean a missing label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields, replace
from pathlib import Path

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.number_text import MISSING_MARKS
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.tables.labels import LabelPlan
from tfx_pipeline.tables.plan import Alternative, Decision
from tfx_pipeline.tables.sampling import read_sample
from tfx_pipeline.tables.table_sample import NotTextError, TableSample
from tfx_pipeline.wording import counted, percent

_ENCODINGS = ("windows-1252", "latin-1")
"""Of texts that are not UTF-8: as Excel writes them in the west; and what reads anything."""
_MOST_BAD = 0.01


def read_any_encoding(
    path: Path,
    csv: CsvFormat,
    query: SqlQuery | None,
    most_rows: int,
    files: Sequence[Path] = (),
) -> tuple[TableSample, CsvFormat]:
    """Read rows of a table, in the encoding that it turns out to have.

    Of a table whose path is a pattern, `files` are those that it matches.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return read_sample(path, csv, query, most_rows, files), csv
    except NotTextError as error:
        for encoding in _ENCODINGS if csv.encoding is None else ():
            try:
                found = replace(csv, encoding=encoding)
                return read_sample(path, found, query, most_rows, files), found
            except NotTextError:
                continue
        raise DataError([error.problem], "the table cannot be read") from error


def plan_csv(csv: CsvFormat, label: LabelPlan) -> dict[str, Decision]:
    """Give the entry `data.csv`, if something is not as usual."""
    setting = {
        each.name: value
        for each in fields(csv)
        if each.default is not MISSING and (value := getattr(csv, each.name)) != each.default
    }
    reasons = []
    alternatives = []
    if csv.encoding in _ENCODINGS:
        reasons.append("the text is not UTF-8")
        others = {"western": "windows-1252", "Cyrillic": "windows-1251", "Japanese": "shift_jis"}
        alternatives = [
            Alternative({**setting, "encoding": name}, f"if letters look wrong and are {what}")
            for what, name in others.items()
            if name != csv.encoding
        ]
    marks = [mark for mark in label.marks if label.task != "regression" or _is_odd(mark)]
    if marks:
        setting["missing_values"] = [*setting.get("missing_values", ()), *marks]
        shown = ", ".join(f"`{mark}`" for mark in marks)
        reasons.append(f"{shown} is no class of the label: it is missing there")
    if label.thousands:
        setting["thousands"] = label.thousands
        what = f"all labels can have a `{label.thousands}` before their last three digits"
        reasons.append(f"{what}: it stands between thousands")
        comma = {key: value for key, value in setting.items() if key != "thousands"}
        alternatives.append(Alternative({**comma, "decimal": ","}, "if they are fractions"))
    if not setting:
        return {}
    setting = {key: list(x) if isinstance(x, tuple) else x for key, x in setting.items()}
    return {"data.csv": Decision(setting, "; ".join(reasons), tuple(alternatives))}


def _is_odd(mark: str) -> bool:
    return mark.strip() not in MISSING_MARKS


def plan_bad_rows(path: Path, sample: TableSample) -> dict[str, Decision]:
    """Give the entry `data.on_bad_row`, if some rows have not one cell a column.

    Raises:
        DataError: too many have not.
    """
    if not sample.ragged:
        return {}
    share = sample.ragged / (sample.ragged + sample.looked_at)
    rows = counted(sample.ragged, "row")
    width = counted(len(sample.columns), "cell")
    what = f"{rows} of {sample.looked_at + sample.ragged:,} ({percent(share)}) have not {width}"
    if share > _MOST_BAD:
        step = "mend these rows, or say how cells are separated: data.csv.delimiter, quote"
        allowed = f"up to {percent(_MOST_BAD)} of such rows"
        problem = Problem(what, shown(path), allowed=allowed, next_step=step)
        raise DataError([problem], "the table cannot be read")
    return {"data.on_bad_row": Decision("quarantine", f"{what}: they are put aside")}
