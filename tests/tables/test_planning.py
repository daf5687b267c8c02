"""A whole table becomes a plan: the shipped ones, and such as cannot be used."""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.tables.written_tables import column_named, plan_of, written
from tfx_pipeline.errors import ConfigError, DataError
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.tables.planning import plan_table

_DATA = Path(__file__).parents[2] / "data"


def table(rows: int = 300) -> dict[str, list[str]]:
    """Make a small table of two features."""
    rng = random.Random(1)
    return {
        "a": [f"{rng.gauss(0, 1):.3f}" for _ in range(rows)],
        "b": [rng.choice(["red", "green"]) for _ in range(rows)],
        "y": [rng.choice(["no", "yes"]) for _ in range(rows)],
    }


def test_plan_table_of_penguins_makes_all_columns_features() -> None:
    plan = plan_table(str(_DATA / "penguins"), "species")
    assert plan.sections["label"].setting["classes"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert {name: each.setting["kind"] for name, each in plan.features.items()} == {
        "island": "categorical",
        "bill_length_mm": "numeric",
        "bill_depth_mm": "numeric",
        "flipper_length_mm": "numeric",
        "body_mass_g": "numeric",
        "sex": "categorical",
        "year": "numeric",
    }
    assert (plan.rows, plan.looked_at) == (344, 344)
    assert column_named(plan, "sex").missing == 11


def test_plan_table_of_houses_finds_ladders_and_long_tails() -> None:
    plan = plan_table(str(_DATA / "ames"), "Sale_Price")
    assert plan.sections["label"].setting["task"] == "regression"
    quality = plan.features["Heating_QC"].setting
    assert quality == {
        "kind": "ordinal", "values": ["Poor", "Fair", "Typical", "Good", "Excellent"]
    }  # fmt: skip
    assert plan.features["Lot_Area"].setting["scale"] == "log_zscore"
    assert column_named(plan, "Utilities").role == "dropped"


def test_plan_table_of_taxi_trips_drops_the_empty_column_and_takes_areas_for_codes() -> None:
    plan = plan_table(str(_DATA / "taxi"), "tips")
    assert "pickup_census_tract" not in plan.features
    assert plan.features["pickup_community_area"].setting["kind"] == "categorical"
    assert plan.features["trip_start_timestamp"].setting["unit"] == "s"
    assert plan.features["trip_start_hour"].setting["buckets"] == 24


def test_plan_table_imports_no_tensorflow(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", table())
    code = (
        "import sys; from tfx_pipeline.tables.planning import plan_table;"
        f"plan_table({str(path)!r}, 'y');"
        "print([x for x in ('tensorflow', 'tfx', 'apache_beam') if x in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_plan_table_twice_gives_the_same_plan(tmp_path: Path) -> None:
    path = str(written(tmp_path / "t.csv", table()))
    assert plan_table(path, "y", seed=3) == plan_table(path, "y", seed=3)


def test_plan_table_in_windows_encoding_says_which(tmp_path: Path) -> None:
    columns = {**table(), "ort": random.Random(2).choices(["Köln", "Ulm", "Fürth"], k=300)}
    path = written(tmp_path / "t.csv", columns)
    path.write_bytes(path.read_text("utf-8").encode("windows-1252"))
    plan = plan_table(str(path), "y")
    assert plan.sections["data.csv"].setting == {"encoding": "windows-1252"}
    assert "`Köln`" in column_named(plan, "ort").meaning


def test_plan_table_packed_and_of_other_delimiters_is_the_same(tmp_path: Path) -> None:
    plain = plan_table(str(written(tmp_path / "a.csv", table())), "y")
    other = written(tmp_path / "b.csv", table(), delimiter=";")
    packed = tmp_path / "c.csv.gz"
    packed.write_bytes(gzip.compress(other.read_bytes()))
    for path in (other, packed):
        plan = plan_table(str(path), "y")
        assert (plan.columns, plan.sections) == (plain.columns, plain.sections)


def test_plan_table_with_a_short_row_puts_it_aside(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", table())
    path.write_text(path.read_text("utf-8") + "1,red\n", "utf-8")
    plan = plan_table(str(path), "y")
    assert plan.sections["data.on_bad_row"].setting == "quarantine"
    assert "1 row of 301 (0.332 %)" in plan.sections["data.on_bad_row"].reason


def test_plan_table_chooses_metrics_and_slices(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, table())
    assert plan.sections["model.family"].setting == "auto"
    assert plan.sections["evaluation.metrics"].setting[0] == "auc"
    assert plan.sections["evaluation.slices"].setting == [["b"]]


def test_plan_table_names_what_people_are_for_the_comparison_of_groups(tmp_path: Path) -> None:
    rng = random.Random(2)
    ages = [str(rng.randint(18, 80)) for _ in range(300)]
    sexes = [rng.choice(["female", "male"]) for _ in range(300)]
    plan = plan_of(tmp_path, {"Sex": sexes, "age": ages, "house_age": ages[::-1], **table()})
    assert plan.sections["risk.fairness.columns"].setting == ["Sex", "age"]
    assert "risk.fairness.columns" not in plan_of(tmp_path, table()).sections


def test_plan_table_without_the_label_names_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", {**table(), "price": ["1", "2", "3"] * 100})
    with pytest.raises(ConfigError) as caught:
        plan_table(str(path), "prize")
    assert "did you mean `price`?" in str(caught.value)


def _protected_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", "a,y\n1,2\n")
    content = bytearray(path.read_bytes())
    content[6] |= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "an empty file"),
        (b"a,b,y\n", "the table has no rows"),
        (b"a,y\n" + b"x,p\nx,q\n" * 50, "`a`: the same in all rows: `x`"),
        (random.Random(1).randbytes(5000), "this is a binary file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "this is a picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
         "protected by a password"),
        (b"PARE" + bytes(50) + b"PARE", "an encrypted Parquet file"),
        (b"a,b,y\n" + b"1,2,p\n3,q\n" * 50, "50 rows of 100 (50 %) have not 3 cells"),
        (_protected_zip, "a ZIP archive that is protected by a password"),
    ],
)  # fmt: skip
def test_plan_table_that_cannot_be_used_is_refused(
    tmp_path: Path, content: object, says: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content) if isinstance(content, bytes) else content(path)  # type: ignore[operator]
    before = sorted(os.listdir(tmp_path))
    with pytest.raises(DataError) as caught:
        plan_table(str(path), "y")
    assert says in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == before


def test_plan_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read") as caught:
        plan_table(str(tmp_path / "none.csv"), "y")
    assert "no such file or folder" in str(caught.value)


def test_plan_table_of_a_database_that_is_down_is_refused() -> None:
    query = SqlQuery("postgresql://ada@127.0.0.1:1/x", "SELECT 1", password="geheim")
    with pytest.raises(DataError) as caught:
        plan_table("query", "y", query=query)
    assert "the database cannot be reached" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_plan_table_of_sqlite_is_that_of_its_rows(tmp_path: Path) -> None:
    import sqlite3

    columns = table()
    with sqlite3.connect(tmp_path / "t.db") as database:
        database.execute("CREATE TABLE t (a REAL, b TEXT, y TEXT)")
        rows = zip(*columns.values(), strict=True)
        database.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    database.close()
    query = SqlQuery(f"sqlite:///{tmp_path / 't.db'}", "SELECT * FROM t", name="t")
    plan = plan_table("t", "y", query=query)
    plain = plan_of(tmp_path, columns)
    assert plan.features == plain.features
    assert plan.sections == plain.sections


@pytest.mark.slow
@pytest.mark.once
def test_plan_table_takes_as_long_as_its_columns_are_many(tmp_path: Path) -> None:
    rng = random.Random(1)
    seconds = {}
    for columns in (1_000, 10_000):
        names = [f"c{number}" for number in range(columns)]
        lines = [",".join([*names, "y"])]
        for row in range(100):
            lines.append(",".join([*(f"{rng.random():.2f}" for _ in names), "pq"[row % 2]]))
        path = tmp_path / f"{columns}.csv"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        begin = time.process_time()
        assert len(plan_table(str(path), "y").features) == columns
        seconds[columns] = time.process_time() - begin
    assert seconds[10_000] < 30 * seconds[1_000]  # a square would be a hundred
