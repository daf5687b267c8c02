"""The same rows from files, databases and records: the same table, whatever they come from."""

from __future__ import annotations

import csv
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingestion.reading.test_examples import example, framed
from tests.runners.metadata.database_servers import PASSWORD, DatabaseServer, database_server
from tfx_pipeline.ingestion.needs import CsvFormat, LabelNeeds, TableNeeds, Use
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_reading import read_table

FLOATS = ("fare", "tips", "trip_miles", "pickup_latitude", "pickup_longitude")
TEXTS = ("payment_type", "company")
COLUMNS = (*FLOATS, *TEXTS, "trip_start_hour", "pickup_community_area")
NAMES = (*TEXTS, "trip_start_hour", "pickup_community_area")
USES: dict[str, Use] = {
    **dict.fromkeys(FLOATS, "number"),  # type: ignore[dict-item]
    **dict.fromkeys(NAMES, "category"),  # type: ignore[dict-item]
}
NEEDS = TableNeeds(uses=USES, label=LabelNeeds("tips", "binary", "tips > fare * 0.2"))
QUERY = "SELECT * FROM trips ORDER BY row"


@pytest.fixture(scope="module")
def rows(repository: Path) -> list[dict[str, str]]:
    with (repository / "data/taxi/data.csv").open(newline="", encoding="utf-8") as file:
        return [{name: row[name] for name in COLUMNS} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def typed(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{name: _typed(name, cell) for name, cell in row.items()} for row in rows]


def _typed(name: str, cell: str) -> Any:
    if not cell or name in TEXTS:
        return cell or None
    return float(cell) if name in FLOATS else int(float(cell))


@pytest.fixture(scope="module")
def server() -> Iterator[DatabaseServer]:
    with database_server("postgresql") as running:
        yield running


def rows_of(table: Table) -> list[dict[str, Any]]:
    """Give the staged rows, with the columns by name."""
    assert not table.problems and table.staged is not None
    copy = StagedTable(table.staged)
    found = [row for file in copy.files for x in copy.batches(file) for row in x.to_pylist()]
    return [{name: row[name] for name in COLUMNS} for row in found]


def types_of(table: Table) -> dict[str, str]:
    return {plan.name: plan.type for plan in table.plans if plan.name in COLUMNS}


@pytest.fixture(scope="module")
def from_csv(rows: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Table:
    folder = tmp_path_factory.mktemp("csv")
    with (folder / "trips.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    table = read_table(folder / "trips.csv", NEEDS, staging=folder / "staged")
    assert table.rows == 10_000 and 9_000 < table.rows_used <= 10_000
    return table


def _sqlite(folder: Path, typed: list[dict[str, Any]]) -> SqlQuery:
    kinds = {**dict.fromkeys(FLOATS, "REAL"), **dict.fromkeys(TEXTS, "TEXT")}
    columns = ", ".join(f"{name} {kinds.get(name, 'INTEGER')}" for name in COLUMNS)
    with sqlite3.connect(folder / "trips.db") as database:
        database.execute(f"CREATE TABLE trips (row INTEGER, {columns})")
        places = ", ".join("?" * (len(COLUMNS) + 1))
        values = [(number, *row.values()) for number, row in enumerate(typed)]
        database.executemany(f"INSERT INTO trips VALUES ({places})", values)
    return SqlQuery(f"sqlite:///{folder}/trips.db", QUERY)


def _postgresql(folder: Path, server: DatabaseServer, rows: list[dict[str, str]]) -> SqlQuery:
    kinds = {**dict.fromkeys(FLOATS, "float8"), **dict.fromkeys(TEXTS, "text")}
    columns = ", ".join(f"{name} {kinds.get(name, 'float8')}" for name in COLUMNS)
    file = folder / "trips.sql"
    lines = ["\t".join([str(n), *(x or "\\N" for x in row.values())]) for n, row in enumerate(rows)]
    whole = [name for name in COLUMNS if name not in kinds]
    changes = ", ".join(f"ALTER {name} TYPE bigint" for name in whole)
    text = [f"CREATE TABLE trips (row int, {columns});", "COPY trips FROM stdin;", *lines, "\\."]
    file.write_text("\n".join([*text, f"ALTER TABLE trips {changes};"]) + "\n", encoding="utf-8")
    server.use_empty_database()
    done = subprocess.run(
        ["psql", "-q", "-v", "ON_ERROR_STOP=1", f"-f{file}", server.url],
        env={"PGPASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return SqlQuery(server.url, QUERY, password=PASSWORD)


def read_query(folder: Path, query: SqlQuery, needs: TableNeeds = NEEDS) -> Table:
    return read_table(query.path, needs, staging=folder / "staged", query=query)


def test_rows_of_sqlite_are_those_of_csv(
    tmp_path: Path, typed: list[dict[str, Any]], from_csv: Table
) -> None:
    table = read_query(tmp_path, _sqlite(tmp_path, typed))
    assert types_of(table) == types_of(from_csv)
    assert rows_of(table) == rows_of(from_csv)
    assert table.labels.counts == from_csv.labels.counts


def test_rows_of_postgresql_are_those_of_csv(
    tmp_path: Path, rows: list[dict[str, str]], server: DatabaseServer, from_csv: Table
) -> None:
    table = read_query(tmp_path, _postgresql(tmp_path, server, rows))
    assert types_of(table) == types_of(from_csv)
    assert rows_of(table) == rows_of(from_csv)
    assert table.labels.counts == from_csv.labels.counts


def test_rows_of_parquet_are_those_of_csv(
    tmp_path: Path, typed: list[dict[str, Any]], from_csv: Table
) -> None:
    pq.write_table(pa.Table.from_pylist(typed), tmp_path / "trips.parquet")
    table = read_table(tmp_path / "trips.parquet", NEEDS, staging=tmp_path / "staged")
    assert types_of(table) == types_of(from_csv)
    assert rows_of(table) == rows_of(from_csv)


@pytest.mark.slow
def test_rows_of_tfrecord_are_those_of_csv(
    tmp_path: Path, typed: list[dict[str, Any]], from_csv: Table
) -> None:
    folder = tmp_path / "trips"
    folder.mkdir()
    records = [example(**_features(row)) for row in typed]
    (folder / "data_tfrecord-00000-of-00003").write_bytes(framed(*records[:9000]))
    (folder / "data_tfrecord-00001-of-00003").write_bytes(framed(*records[9000:]))
    (folder / "data_tfrecord-00002-of-00003").write_bytes(b"")
    table = read_table(folder, NEEDS, staging=tmp_path / "staged")
    assert types_of(table) == types_of(from_csv)
    assert [file.rows for file in table.files] == [9000, 1000, 0]
    # A float of a record has 32 bits, and `tips > fare * 0.2` is decided by them.
    near = [_shown(row) for row in rows_of(from_csv)]
    assert [_shown(row) for row in rows_of(table)] == near


def _features(row: dict[str, Any]) -> dict[str, list[Any]]:
    cells = {name: x.encode() if isinstance(x, str) else x for name, x in row.items()}
    return {name: [x] for name, x in cells.items() if x is not None}


def _shown(row: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items()}


def test_digest_of_a_query_is_of_its_values_and_their_order(tmp_path: Path) -> None:
    query = _sqlite(tmp_path, [dict.fromkeys(COLUMNS, number) for number in range(20_000)])

    def digest(text: str, folder: str = "a") -> str:
        asked = SqlQuery(query.url, text)
        return read_table(asked.path, staging=tmp_path / folder, query=asked).files[0].digest

    first = digest(QUERY)
    assert digest(QUERY, "b") == first
    assert digest("SELECT * FROM (SELECT * FROM trips) ORDER BY row LIMIT 20000") == first
    assert digest(f"{QUERY} DESC") != first
    assert digest(f"{QUERY} LIMIT 19999") != first
    for changed in ("fare = fare + 1", "fare = NULL", "company = company || 'x'"):
        with sqlite3.connect(tmp_path / "trips.db") as database:
            database.execute(f"UPDATE trips SET {changed} WHERE row = 12345")
        first, before = digest(QUERY), first
        assert first != before


def test_cells_of_a_query_are_named_by_its_name_and_their_row(tmp_path: Path) -> None:
    rows = [dict.fromkeys(COLUMNS, "1") for _ in range(10_000)]
    query = _sqlite(tmp_path, [*rows, {**rows[0], "company": "NA", "fare": "x"}])
    renamed = SqlQuery(query.url, "SELECT CAST(fare AS TEXT) AS fare FROM trips", name="trips")
    table = read_query(tmp_path, renamed, TableNeeds(uses={"fare": "number"}))
    (column,) = table.columns
    assert table.place(column.first_wrong[0]) == "trips:10001"


def test_query_that_breaks_off_leaves_no_copy(tmp_path: Path) -> None:
    query = _sqlite(tmp_path, [dict.fromkeys(COLUMNS, 1)] * 20_000)
    overflowing = "SELECT row, abs(-9223372036854775808 + (row < 15000)) AS a FROM trips"
    table = read_query(tmp_path, SqlQuery(query.url, overflowing, place="x.yaml:1"))
    assert [x.place for x in table.unreadable] == ["x.yaml:1"]
    assert "integer overflow" in table.unreadable[0].what
    assert not table.files and table.staged is None
    assert list((tmp_path / "staged").iterdir()) == []


@pytest.mark.parametrize("how", ["terminated", "killed"])
def test_database_that_drops_the_connection_leaves_no_copy(tmp_path: Path, how: str) -> None:
    text = "SELECT g AS id, repeat('x', 100) AS text FROM generate_series(1, 3000000) g"
    with database_server("postgresql") as broken:
        query = SqlQuery(broken.url, text, place="x.yaml:1", password=PASSWORD)
        ended = _when_it_copies(broken, how)
        table = read_query(tmp_path, query, TableNeeds())
        ended.wait()
    (problem,) = table.unreadable
    assert problem.place == "x.yaml:1"
    assert "the query failed after" in problem.what or "the query cannot be run" in problem.what
    said = ("server closed the connection", "terminating", "the server ended the query")
    assert any(words in problem.what for words in said)
    assert not table.files and table.staged is None
    assert list((tmp_path / "staged").iterdir()) == []


def _when_it_copies(server: DatabaseServer, how: str) -> threading.Event:
    done = threading.Event()

    def end() -> None:
        sql = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'COPY%'"
        )
        if how == "killed":
            while server.sql(sql.replace("pg_terminate_backend", ""))[0] == ["0"]:
                pass
            server.kill()
        else:
            while server.sql(sql)[0] == ["0"]:
                pass
        done.set()

    threading.Thread(target=end, daemon=True).start()
    return done


def test_missing_values_of_the_configuration_hold_for_queries(tmp_path: Path) -> None:
    query = _sqlite(tmp_path, [dict.fromkeys(COLUMNS, 1), dict.fromkeys(COLUMNS, -99)])
    needs = TableNeeds(csv=CsvFormat(missing_values=("-99",)))
    table = read_query(tmp_path, query, needs)
    assert {column.name: column.missing for column in table.columns}["trip_start_hour"] == 1
    own = TableNeeds(csv=CsvFormat(missing_in={"trip_start_hour": ("-99",)}))
    missing = {column.name: column.missing for column in read_query(tmp_path, query, own).columns}
    assert {name for name, count in missing.items() if count} == {"trip_start_hour"}


def test_files_of_records_beside_others_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n", encoding="utf-8")
    (tmp_path / "b.tfrecord").write_bytes(framed(example(a=[1])))
    table = read_table(tmp_path, TableNeeds())
    assert [x.what for x in table.unreadable] == [
        "it is no TFRecord, and other files of the table are"
    ]


def test_query_imports_nothing_heavy(tmp_path: Path) -> None:
    query = _sqlite(tmp_path, [dict.fromkeys(COLUMNS, 1)] * 100)
    program = (
        "import sys; from pathlib import Path;"
        "from tfx_pipeline.ingestion.table_reading import read_table;"
        "from tfx_pipeline.ingestion.reading.sql.query import SqlQuery;"
        f"query = SqlQuery({query.url!r}, {QUERY!r});"
        "table = read_table(query.path, query=query); assert table.rows == 100;"
        "print(sorted({'tensorflow', 'tfx', 'apache_beam'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr
