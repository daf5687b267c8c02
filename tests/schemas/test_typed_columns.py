"""The values are those that the pipeline stages, fast or with care."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.schemas.conftest import schema_of, table_of
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.needs import CsvFormat, TableNeeds
from tfx_pipeline.runners.input_table import table_needs
from tfx_pipeline.schemas.conversions import NotPlainError
from tfx_pipeline.schemas.typed_columns import TypedTable, open_table


def values_of(table: TypedTable) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {name: [] for name in table.header}
    for block in table.blocks():
        for name, column in block.columns.items():
            columns[name] += column.values.to_pylist()
    return columns


def test_values_of_taxi_are_the_same_fast_and_with_care(repository: Path) -> None:
    needs = table_needs(load_config(repository / "configs/taxi.yaml"))
    fast = open_table(repository / "data/taxi", needs)
    found = values_of(fast)
    assert found == values_of(fast.careful())
    assert len(found["fare"]) == 10_000
    assert found["pickup_census_tract"] == [None] * 10_000


@pytest.mark.parametrize(
    ("type_", "use", "cells", "values"),
    [
        ("INT", "unused", ["1", "", "-3"], [1, None, -3]),
        ("INT", "category", ["1.0", "2.0"], [1, 2]),
        ("INT", "number", ["007", "NA", " 5 "], [7, None, 5]),
        ("FLOAT", "number", ["0.1", "1e3", "?"], [pytest.approx(0.1), 1000.0, None]),
        ("FLOAT", "number", ["1,5", "2,25"], [1.5, 2.25]),
        ("FLOAT", "category", ["8.0", "", "12.0"], [8.0, None, 12.0]),
        ("BYTES", "category", ["NA", " ", "007"], ["NA", None, "007"]),
    ],
)
def test_values_are_what_the_scan_makes_of_the_cells(
    type_: str, use: str, cells: list[str], values: list[object], tmp_path: Path
) -> None:
    lines = ["a;b", *(f"{cell};x" for cell in cells)]
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    schema = schema_of(f'feature {{ name: "a" type: {type_} }}')
    table = table_of(tmp_path / "t.csv", schema, a=use)  # type: ignore[arg-type]
    assert values_of(table.careful())["a"] == values
    try:
        assert values_of(table)["a"] == values
    except NotPlainError:
        assert use != "unused"


@pytest.mark.parametrize(
    ("type_", "use", "cells", "unfit"),
    [
        ("INT", "unused", ["1", "x", "2.5", "", "0x1F"], ["x", "2.5", "0x1F"]),
        ("INT", "category", ["1", "007", "9007199254740993"], ["007", "9007199254740993"]),
        ("INT", "number", ["1", "1.5", "abc"], ["1.5", "abc"]),
        ("FLOAT", "number", ["1.5", "1e40", "inf"], ["1e40", "inf"]),
        ("FLOAT", "unused", ["1.5", "nan", "NA"], ["nan", "NA"]),
        ("FLOAT", "category", ["1.50", "1.5", "16777217"], ["1.50", "16777217"]),
    ],
)
def test_cells_that_a_type_cannot_hold_are_unfit_one_by_one(
    type_: str, use: str, cells: list[str], unfit: list[str], tmp_path: Path
) -> None:
    lines = ["a,b", *(f"{cell},x" for cell in cells)]
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    schema = schema_of(f'feature {{ name: "a" type: {type_} }}')
    table = table_of(tmp_path / "t.csv", schema, a=use)  # type: ignore[arg-type]
    with pytest.raises(NotPlainError):
        values_of(table)
    (block,) = table.careful().blocks()
    column = block.columns["a"]
    assert column.texts.filter(column.unfit).dictionary_decode().to_pylist() == unfit
    assert column.values.filter(column.unfit).null_count == len(unfit)


@pytest.mark.parametrize(
    ("type_", "values"),
    [("INT", [1, None, -3]), ("FLOAT", [1.0, None, -3.0]), ("BYTES", ["1", None, "-3"])],
)
def test_open_table_reads_packed_files_and_parquet(
    type_: str, values: list[object], tmp_path: Path
) -> None:
    schema = schema_of(f'feature {{ name: "a" type: {type_} }}')
    with gzip.open(tmp_path / "t.csv.gz", "wt") as file:
        file.write("a,b\n1,x\n,y\n-3,z\n")
    pq.write_table(pa.table({"a": [1, None, -3], "b": ["x", "y", "z"]}), tmp_path / "t.parquet")
    for name in ("t.csv.gz", "t.parquet"):
        table = table_of(tmp_path / name, schema)
        expected = {"a": values, "b": ["x", "y", "z"]}
        assert values_of(table) == values_of(table.careful()) == expected


@pytest.mark.parametrize("type_", ["INT", "FLOAT"])
def test_open_table_of_fractions_in_parquet_keeps_or_refuses_them(
    type_: str, tmp_path: Path
) -> None:
    cells = [1.5, float("nan"), 2.0]
    pq.write_table(pa.table({"a": cells, "b": ["x", "y", "z"]}), tmp_path / "t.parquet")
    table = table_of(tmp_path / "t.parquet", schema_of(f'feature {{ name: "a" type: {type_} }}'))
    if type_ == "FLOAT":
        assert values_of(table)["a"] == [1.5, None, 2.0]
        return
    with pytest.raises(NotPlainError):
        values_of(table)
    (block,) = table.careful().blocks()
    assert block.columns["a"].values.to_pylist() == [None, None, 2]
    assert block.columns["a"].unfit.to_pylist() == [True, False, False]


def test_open_table_of_a_folder_reads_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,x\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("a,b\n2,y\n", encoding="utf-8")
    table = open_table(tmp_path, TableNeeds(schema={"a": "INT"}))
    assert values_of(table) == {"a": [1, 2], "b": ["x", "y"]}
    (tmp_path / "c.csv").write_text("b,a\nz,3\n", encoding="utf-8")
    table = open_table(tmp_path, TableNeeds(schema={"a": "INT"}))
    assert values_of(table) == {"a": [1, 2, 3], "b": ["x", "y", "z"]}
    (tmp_path / "d.csv").write_text("b,c\nz,3\n", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        open_table(tmp_path, TableNeeds())


def test_open_table_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        open_table(tmp_path / "none.csv", TableNeeds())


def test_careful_of_ragged_rows_names_the_first(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,x\n2\n", encoding="utf-8")
    table = open_table(tmp_path / "t.csv", TableNeeds())
    with pytest.raises(DataError) as refused:
        values_of(table)
    assert "t.csv:3" in str(refused.value)


def test_values_of_numbers_in_the_style_of_the_configuration(
    tmp_path: Path,
) -> None:
    (tmp_path / "t.csv").write_text("a;b\n1.234,5;x\n", encoding="utf-8")
    csv = CsvFormat(decimal=",", thousands=".")
    needs = TableNeeds(csv=csv, uses={"a": "number"}, schema={"a": "FLOAT"})
    table = open_table(tmp_path / "t.csv", needs)
    with pytest.raises(NotPlainError):
        values_of(table)
    assert values_of(table.careful())["a"] == [1234.5]
