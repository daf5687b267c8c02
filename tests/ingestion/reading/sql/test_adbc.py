from __future__ import annotations

import resource

import pytest

from tests.ingestion.reading.sql.answers import PLACE, answer, refusal, types, values
from tests.runners.metadata.database_servers import (
    PASSWORD,
    PASSWORD_PART,
    DatabaseServer,
    database_server,
)
from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.sql.result import SqlResult

MANY = "SELECT g AS id, repeat('x', 100) AS text FROM generate_series(1, 3000000) g"


def test_answer_of_postgresql_has_the_types_of_the_columns(postgresql: DatabaseServer) -> None:
    postgresql.sql(
        "CREATE TYPE mood AS ENUM ('sad', 'glad');"
        "CREATE TABLE t (i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric(10, 2),"
        " b bool, s text, v varchar(9), y bytea, ts timestamp, tz timestamptz, d date, h time,"
        " j jsonb, u uuid, m mood);"
        "INSERT INTO t VALUES (1, -2, 9007199254740993, 0.5, 0.1, 12.50, true, 'ä', '007',"
        r" '\x00ff', '2020-01-02 03:04:05.678', '2020-01-02 03:04:05+02', '2020-01-02',"
        " '03:04', '[1]', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'glad');"
        "INSERT INTO t DEFAULT VALUES"
    )
    table = answer(postgresql.url, "SELECT * FROM t", PASSWORD)
    assert types(table) == {
        "i2": "int16",
        "i4": "int32",
        "i8": "int64",
        "f4": "float",
        "f8": "double",
        "n": "string",
        "b": "bool",
        "s": "string",
        "v": "string",
        "y": "binary",
        "ts": "timestamp[us]",
        "tz": "timestamp[us, tz=UTC]",
        "d": "date32[day]",
        "h": "time64[us]",
        "j": "string",
        "u": "dictionary<values=string, indices=int32, ordered=0>",
        "m": "string",
    }
    found = values(table)
    assert found["i8"] == 9007199254740993 and found["f8"] == 0.1 and found["n"] == "12.50"
    assert found["v"] == "007" and found["y"] == b"\0\xff" and found["s"] == "ä"
    assert str(found["tz"]) == "2020-01-02 01:04:05+00:00"
    assert found["u"] == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    assert set(values(table, 1).values()) == {None}


@pytest.mark.parametrize(
    ("expression", "what", "step"),
    [
        ("ARRAY[1, 2]", "`x` holds lists or structures", "a column for each value"),
        ("interval '1 day'", "`x` holds spans of time", "extract(epoch FROM x)"),
        ("inet '10.0.0.1'", "`x` is of the type `inet`", "its text: x::text"),
    ],
)
def test_answer_with_what_is_no_plain_value_is_refused(
    postgresql: DatabaseServer, expression: str, what: str, step: str
) -> None:
    problem = refusal(postgresql.url, f"SELECT {expression} AS x", PASSWORD)
    assert problem == Problem(what, PLACE, next_step=f"let data.source.query give {step}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * FROM nowhere", 'ERROR:  relation "nowhere" does not exist'),
        ("SELEC 1", 'ERROR:  syntax error at or near "SELEC"'),
        ("SELECT 1; SELECT 2", "cannot insert multiple commands into a prepared statement"),
        (
            "INSERT INTO t VALUES (3) RETURNING x",
            "cannot execute INSERT in a read-only transaction",
        ),
        ("SELECT 1 / (x - 2) FROM t", "ERROR:  division by zero"),
    ],
)
def test_query_that_fails_is_told_in_the_words_of_postgresql(
    postgresql: DatabaseServer, text: str, said: str
) -> None:
    postgresql.sql("CREATE TABLE t AS SELECT 2 AS x")
    problem = refusal(postgresql.url, text, PASSWORD)
    assert said in problem.what
    assert "Query was" not in problem.what and "SQLSTATE" not in problem.what
    assert postgresql.sql("SELECT count(*) FROM t") == [["1"]]


@pytest.mark.parametrize("text", ["SELECT x FROM t;", "SELECT x FROM t -- all\n", "TABLE t"])
def test_query_may_end_as_people_write_it(postgresql: DatabaseServer, text: str) -> None:
    postgresql.sql("CREATE TABLE t AS SELECT 2 AS x")
    assert answer(postgresql.url, text, PASSWORD).to_pydict() == {"x": [2]}


def test_wrong_password_is_told_and_not_shown(postgresql: DatabaseServer) -> None:
    wrong = f"{PASSWORD}-wrong"
    problem = refusal(postgresql.url, "SELECT 1", wrong)
    assert "the database cannot be reached" in problem.what
    assert 'password authentication failed for user "keeper"' in problem.what
    assert PASSWORD_PART not in str(problem)


def test_database_and_server_that_are_not_there_are_told(postgresql: DatabaseServer) -> None:
    url = postgresql.url.replace(postgresql.database, "nothing")
    assert 'database "nothing" does not exist' in refusal(url, "SELECT 1", PASSWORD).what
    closed = f"postgresql://keeper@127.0.0.1:1/{postgresql.database}"
    assert "Connection refused" in refusal(closed, "SELECT 1", PASSWORD).what


def test_answer_is_of_one_moment_and_streams(postgresql: DatabaseServer) -> None:
    postgresql.sql(f"CREATE TABLE many AS {MANY}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = 0
    query = SqlQuery(postgresql.url, "SELECT * FROM many", password=PASSWORD)
    with SqlResult(query) as result:
        for number, batch in enumerate(result.batches()):
            rows += batch.num_rows
            if number == 0:
                assert rows < 100_000
                postgresql.sql("DELETE FROM many WHERE id > 10")
    assert rows == 3_000_000
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mib < 150  # of 330 that the rows are


@pytest.mark.parametrize("how", ["terminated", "killed"])
def test_connection_that_breaks_half_way_is_told_with_the_rows_so_far(how: str) -> None:
    with database_server("postgresql") as server:
        query = SqlQuery(server.url, MANY, place=PLACE, password=PASSWORD)
        with SqlResult(query) as result:
            batches = result.batches()
            rows = next(batches).num_rows
            if how == "killed":
                server.kill()
            else:
                server.sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE query LIKE 'COPY%'"
                )
            with pytest.raises(UnreadableError) as raised:
                rows += sum(batch.num_rows for batch in batches)
    problem = raised.value.problem
    assert problem.what.startswith("the query failed after ")
    so_far = int(problem.what.split()[4].replace(",", ""))
    assert rows <= so_far < 3_000_000
    assert "closed the connection unexpectedly" in problem.what or "terminating" in problem.what
    assert problem.place == PLACE
    assert problem.next_step == "run again: nothing was kept of these rows"
