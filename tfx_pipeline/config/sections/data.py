"""Configuration of the input table and its split."""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tfx_pipeline.config.sections.data_checks import DataChecksConfig
from tfx_pipeline.config.sections.data_tests import DataTestConfig
from tfx_pipeline.config.sections.section import ColumnName, Named, OneOrMore, Section
from tfx_pipeline.config.sections.source import Source
from tfx_pipeline.config.sections.span import SpanConfig
from tfx_pipeline.config.sections.split import SplitConfig


def _one_character(text: str) -> str:
    text = {"tab": "\t", "\\t": "\t"}.get(text.lower(), text)
    if len(text) != 1 or text in '\r\n"':
        raise ValueError("one character, or `tab`")
    return text


def _codec(name: str) -> str:
    try:
        "".encode(name)  # not `hex` and the like, which `lookup` finds too
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise ValueError("the name of an encoding, e.g. utf-8, windows-1252 or latin-1") from None


Character = Annotated[str, AfterValidator(_one_character)]


class CsvConfig(Section):
    """How text files are written; what is not said is found out, and shown where it is unusual."""

    delimiter: Character | None = None
    """Between cells; found out: comma, semicolon, TAB or vertical bar."""
    quote: Literal['"', "'"] = '"'
    """Around a cell that holds delimiters or line breaks."""
    encoding: Annotated[str, AfterValidator(_codec)] | None = None
    """Of the text, e.g. windows-1252; found out: UTF-8, UTF-16, UTF-32."""
    decimal: Literal[".", ","] | None = None
    """Before the fraction of a number; found out per column."""
    thousands: Literal["", ".", ",", " ", "'", "_"] | None = None
    """Between groups of three digits (`,` also of two, as in India); found out per column. Where it
    is `.`, the decimal mark is a comma."""
    missing_values: Annotated[tuple[str, ...], OneOrMore()] | None = None
    """Cells that mean missing, in every column. Unsaid: `NA`, `null`, `?`, `-` and the like in
    columns of numbers; in all others such a cell is a category of its own."""
    comment: str | None = Field(default=None, min_length=1)
    """What a line begins with that is no row. Unsaid: lines with `#` before the header."""
    names: Annotated[tuple[ColumnName, ...], OneOrMore(",")] = ()
    """Names of the columns, when the first line is a row already."""

    @model_validator(mode="after")
    def _marks_differ(self) -> CsvConfig:
        if self.decimal is not None and self.decimal == self.thousands:
            raise ValueError("decimal and thousands must differ")
        if self.delimiter == self.quote:
            raise ValueError("delimiter and quote must differ")
        if self.comment and self.comment[0] in (self.delimiter, self.quote):
            raise ValueError("a comment must not begin with the delimiter or the quote")
        if len(set(self.names)) != len(self.names):
            raise ValueError("names must differ from one another")
        return self


class DataConfig(Section):
    """The table that the pipeline reads."""

    path: Annotated[str, BeforeValidator(lambda path: path or "")] = ""
    """Table file, or folder of files with one header (`~/…`, or from the project's root on): CSV,
    TSV, packed by gzip, bzip2, xz or zstd, Parquet, or TFRecord of `tf.Example`. TFX's `{SPAN}`,
    `{VERSION}`, `{YYYY}`, `{MM}` and `{DD}` stand for its spans:
    `data/trips/{YYYY}-{MM}-{DD}/*.csv`."""
    source: Source | None = None
    """Instead of files: a query, on a database or on BigQuery."""
    span: Annotated[SpanConfig, Named("at")] = SpanConfig()
    """Which spans; a text alone is the last one."""
    duplicate_files: Literal["refuse", "note"] = "refuse"
    """What is done about two files with the same content, whose rows would count twice."""
    csv: CsvConfig = CsvConfig()
    """How text files are written."""
    split: SplitConfig = SplitConfig()
    """Which rows are trained on, which judge the model, and which are kept for the end."""
    schema_file: str | None = None
    """Curated schema (text proto). It gives types, validates and transforms; without it, the
    inferred one."""
    tests: tuple[Annotated[DataTestConfig, Named("expression")], ...] = ()
    """What all rows must be, looked at before anything runs; a text alone is an expression."""
    on_bad_row: Literal["fail", "quarantine"] = "fail"
    """What is done about a row that cannot be used (a wrong number of cells, a cell that its column
    cannot hold, a label that is no class, a broken test): refuse the table, or put it aside."""
    max_bad_share: float = Field(default=0.01, ge=0, le=1)
    """Share of all rows that may be put aside; with more, the table is refused."""
    refuse_warnings: bool = False
    """Also stop at anomalies that TFDV marks as warnings, not only at its errors."""
    checks: DataChecksConfig = DataChecksConfig()
    """What is checked of the data before anything is trained."""
    in_memory: Literal["auto"] | bool = "auto"
    """Keep the transformed training rows in memory: `true`; in files that are read while training,
    which takes a little longer: `false`; `auto`: in memory where they fit a quarter of what is
    free. It changes the order in which rows are shuffled, and nothing else."""

    @model_validator(mode="after")
    def _is_somewhere(self) -> DataConfig:
        is_said = "path" in self.model_fields_set  # whether it can be one is checked later
        if bool(self.path) if self.source else not is_said:
            raise ValueError("needs either `data.path`, of files, or `data.source`")
        if self.source and self.on_bad_row == "quarantine":
            raise ValueError(
                "`on_bad_row: quarantine` is for files: let the query of `data.source` leave out"
                " the rows that cannot be used"
            )
        if self.source and self.source.kind == "bigquery" and not self.schema_file:
            raise ValueError(
                "rows of BigQuery are not read before the run, so the types of their columns must"
                " be known: `schema_file` is missing"
            )
        return self

    @property
    def name(self) -> str:
        """What messages call the table."""
        return self.source.name if self.source else self.path
