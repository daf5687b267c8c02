from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from tests.ingestion.reading.sql.answers import answer, refusal, values
from tests.runners.metadata.database_servers import PASSWORD, DatabaseServer, database_server
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.sql.result import SqlResult

MANY = "SELECT seq AS id, repeat('x', 100) AS text FROM seq_1_to_1000000"


def test_answer_of_mariadb_is_what_a_csv_file_of_it_would_say(mysql: DatabaseServer) -> None:
    mysql.sql(
        "CREATE TABLE t (i BIGINT, f DOUBLE, n DECIMAL(10, 2), b BOOLEAN, s TEXT, y BLOB,"
        " d DATE, m DATETIME(3));"
        "INSERT INTO t VALUES (9007199254740993, 0.1, 12.50, TRUE, 'ä 100%', x'ff',"
        " '2020-01-02', '2020-01-02 03:04:05.678'); INSERT INTO t VALUES ();"
    )
    table = answer(mysql.url, "SELECT * FROM t WHERE s LIKE '%\\%' OR s IS NULL;", PASSWORD)
    assert values(table) == {
        "i": "9007199254740993",
        "f": "0.1",
        "n": "12.50",
        "b": "1",
        "s": "ä 100%",
        "y": r"\xff",
        "d": "2020-01-02",
        "m": "2020-01-02 03:04:05.678000",
    }
    assert set(values(table, 1).values()) == {None}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * FROM nowhere", "doesn't exist"),
        ("SELEC 1", "You have an error in your SQL syntax"),
    ],
)
def test_query_that_fails_is_told_in_the_words_of_mariadb(
    mysql: DatabaseServer, text: str, said: str
) -> None:
    problem = refusal(mysql.url, text, PASSWORD)
    assert problem.what.startswith("the query cannot be run: ") and said in problem.what
    assert "sqlalche.me" not in problem.what and "[SQL" not in problem.what


def test_wrong_password_is_told_and_not_shown(mysql: DatabaseServer) -> None:
    problem = refusal(mysql.url, "SELECT 1", f"{PASSWORD}-wrong")
    assert problem.what.startswith("the database cannot be reached: Access denied for user")


def test_server_that_is_not_there_is_told(mysql: DatabaseServer) -> None:
    url = mysql.url.replace(f":{mysql.port}", ":1")
    assert "Connection refused" in refusal(url, "SELECT 1", PASSWORD).what


def test_server_that_is_killed_half_way_is_told_with_the_rows_so_far() -> None:
    with database_server("mysql") as server:
        query = SqlQuery(server.url, MANY, password=PASSWORD)
        with SqlResult(query) as result:
            batches = result.batches()
            rows = next(batches).num_rows
            server.kill()
            with pytest.raises(UnreadableError) as raised:
                rows += sum(batch.num_rows for batch in batches)
    what = raised.value.problem.what
    assert rows < 1_000_000
    assert what.startswith("the query failed after ") and "Lost connection" in what


def test_value_that_is_no_plain_one_is_refused_with_its_row(mysql: DatabaseServer) -> None:
    mysql.sql("CREATE TABLE t (h TIME); INSERT INTO t VALUES (NULL), ('03:04:05')")
    problem = refusal(mysql.url, "SELECT h FROM t", PASSWORD)
    assert problem.what == "row 2 of `h` is no plain value"
    assert problem.received == "timedelta"
    assert "CAST(h AS …)" in str(problem.next_step)


def test_other_driver_of_postgresql_streams_the_same_values_as_texts(
    postgresql: DatabaseServer,
) -> None:
    text = "SELECT g AS a, g / 4.0 AS b, 'x' AS c, NULL::int AS d FROM generate_series(1, 20000) g"
    found = answer(postgresql.url.replace("postgresql", "postgresql+pg8000", 1), text, PASSWORD)
    typed = answer(postgresql.url, text, PASSWORD)
    assert found.num_rows == typed.num_rows == 20_000
    assert found.column("a").to_pylist() == [str(x) for x in typed.column("a").to_pylist()]
    assert found.column("b").to_pylist()[:2] == typed.column("b").to_pylist()[:2]
    assert values(found) | {"a": 1} == values(typed)


def test_other_driver_of_sqlite_gives_the_same_values_as_texts(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as database:
        database.execute("CREATE TABLE t AS SELECT 1 AS a, 0.1 AS b, 'x' AS c, NULL AS d")
    found = answer(f"sqlite+pysqlite:///{tmp_path}/x.db", "SELECT * FROM t")
    assert values(found) == {"a": "1", "b": "0.1", "c": "x", "d": None}
    typed = answer(f"sqlite:///{tmp_path}/x.db", "SELECT * FROM t")
    assert values(typed) == {"a": 1, "b": 0.1, "c": "x", "d": None}


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("oracle+cx_oracle://u@h/x", "the driver `cx_Oracle` of oracle+cx_oracle:// is not"),
        ("nothing://u@h/x", "`data.source.url` cannot be used: Can't load plugin"),
    ],
)
def test_database_without_a_driver_is_refused_with_what_to_do(url: str, what: str) -> None:
    assert refusal(url, "SELECT 1").what.startswith(what)


@pytest.mark.parametrize(
    ("url", "module", "package"),
    [
        ("postgresql://u@h/x", "adbc_driver_postgresql.dbapi", "adbc-driver-postgresql"),
        ("sqlite:////x.db", "adbc_driver_sqlite.dbapi", "adbc-driver-sqlite"),
        ("mysql://u@h/x", "sqlalchemy", "sqlalchemy"),
    ],
)
def test_missing_package_is_refused_with_the_extra_to_install(
    url: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    problem = refusal(url, "SELECT 1")
    assert f"needs the package `{package}`, which is not installed" in problem.what
    assert problem.next_step == "pip install 'tfx-pipeline[sql]'"
