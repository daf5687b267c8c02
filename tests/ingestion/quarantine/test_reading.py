"""Which rows are put aside, what is left, and that every row is in one of both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingestion.conftest import problems_of, staged_rows
from tests.ingestion.data_tests.conftest import holds
from tests.ingestion.quarantine.conftest import Usable, facts
from tfx_pipeline.ingestion.needs import DataTest, IsUnique, LabelNeeds, OwnFunction
from tfx_pipeline.ingestion.quarantine.quarantine_file import (
    quarantine_place,
    read_quarantine,
    write_quarantine,
)
from tfx_pipeline.ingestion.quarantine.reading import quarantine_notes, too_many
from tfx_pipeline.ingestion.staged_copy.reading import TABLE_FILE, StagedTable
from tfx_pipeline.ingestion.versions.manifest import read_manifest

NUMBER = "a number"
HOLDS_32 = "a number that a 32-bit float holds"
WHOLE = "a whole number of 64 bits"


@pytest.mark.parametrize(
    ("content", "needs", "expected", "types"),
    [
        ("a\n1\nx\n3\n", {"a": "number"}, [(3, NUMBER, "a", "x")], ["int64"]),
        ('a\n1.5\n"12,5"\nNA\n\n', {"a": "number"}, [(3, NUMBER, "a", "12,5")], ["float32"]),
        (
            'a\n"1,5"\n"2.000,5"\n"3,5"\n4.5\n',
            {"a": "number"},
            [(5, NUMBER, "a", "4.5")],
            ["float32"],
        ),
        (
            "a\n1.5\ninf\n1e39\n",
            {"a": "number"},
            [(3, HOLDS_32, "a", "inf"), (4, HOLDS_32, "a", "1e39")],
            ["float32"],
        ),
        (
            "a\n1\n9223372036854775808\n-9223372036854775807\n",
            {"a": "number"},
            [(3, WHOLE, "a", "9223372036854775808")],
            ["int64"],
        ),
        (
            "a\n1\n2.5\n99999999999999999999\n",
            {"a": "number", "schema": {"a": "INT"}},
            [(3, WHOLE, "a", "2.5"), (4, WHOLE, "a", "99999999999999999999")],
            ["int64"],
        ),
        (
            "a\n1600000000\n2020-01-31\n31.01.2020\n1600000000.5\nJan 1\n",
            {"a": "moment"},
            [
                (3, NUMBER, "a", "2020-01-31"),
                (4, NUMBER, "a", "31.01.2020"),
                (5, "a moment in whole seconds or milliseconds", "a", "1600000000.5"),
                (6, NUMBER, "a", "Jan 1"),
            ],
            ["int64"],
        ),
        (
            "a\n1\n007\nx\n2\n",
            {"a": "category", "schema": {"a": "INT"}},
            [
                (3, "INT in the curated schema", "a", "007"),
                (4, "INT in the curated schema", "a", "x"),
            ],
            ["int64"],
        ),
        (
            "a\n1\nx\n2\n",
            {"a": "category", "numbers": {"a": "t.yaml:9"}},
            [(3, NUMBER, "a", "x")],
            ["int64"],
        ),
        ("a\n1\nx\n2\n", {"a": "category"}, [], ["string"]),
    ],
)
def test_read_cell_that_its_column_cannot_hold_is_put_aside(
    usable: Usable,
    content: str,
    needs: dict[str, Any],
    expected: list[tuple[Any, ...]],
    types: list[str],
) -> None:
    table, rows = usable(content.replace("\n", ",z\n"), **needs)
    assert (facts(rows), [plan.type for plan in table.plans][:1]) == (expected, types)
    assert problems_of(table) == []
    assert table.rows + len(rows) == table.rows_read == content.count("\n") - 1
    assert len(staged_rows(table)) == table.rows


def test_read_ragged_rows_are_put_aside_with_their_bytes(usable: Usable) -> None:
    lines = ["a,b", "1,ä", '2,"x', 'y",z', "3,w", "4", '5,"q, r"', "6,,", ""]
    content = "\r\n".join(lines).encode()
    table, rows = usable(content, a="number", b="category")
    assert facts(rows) == [
        (3, "one cell for each column", "", "3 cells"),
        (6, "one cell for each column", "", "1 cell"),
        (8, "one cell for each column", "", "3 cells"),
    ]
    assert [row.row for row in rows] == ['2,"x\r\ny",z', "4", "6,,"]
    for row in rows:
        assert row.byte_offset is not None
        assert content[row.byte_offset :].startswith(row.row.encode() + b"\r\n")
    assert staged_rows(table) == [[1, "ä"], [3, "w"], [5, "q, r"]]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-16-le", "latin-1", "utf-32"])
def test_read_bad_rows_of_other_encodings_have_their_bytes(usable: Usable, encoding: str) -> None:
    content = "a,b\n1,é\n# no row\nx,ü\n3,ö\n4,ä,\n".encode(encoding)
    csv = {"comment": "#", **({"encoding": encoding} if encoding == "latin-1" else {})}
    _, rows = usable(content, csv=csv, a="number")
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
    name = plain.get(encoding, encoding)
    assert [(row.line, row.row_number, row.row) for row in rows] == [(4, 1, "x,ü"), (6, 3, "4,ä,")]
    for row in rows:
        assert row.byte_offset is not None
        assert content[row.byte_offset :].decode(name).startswith(row.row + "\n")


def test_read_rows_without_a_header_have_their_lines(usable: Usable) -> None:
    _, rows = usable("1,2\nx,3\n4\n", csv={"names": ("a", "b")}, a="number")
    assert [(row.line, row.byte_offset, row.row) for row in rows] == [(2, 4, "x,3"), (3, 8, "4")]


def test_read_label_outside_of_the_classes_is_put_aside(usable: Usable) -> None:
    label = LabelNeeds("y", "binary", classes=("no", "yes"))
    text = "x,y\n1,no\n2,yes\n3,No\n4,\n5,yes\n6,maybe\n"
    table, rows = usable(text, label=label, y="category", x="number")
    rule = "one of the classes no, yes"
    assert facts(rows) == [(4, rule, "y", "No"), (7, rule, "y", "maybe")]
    assert staged_rows(table) == [[1, "no"], [2, "yes"], [5, "yes"]]
    assert (table.rows_read, table.rows, table.rows_used) == (6, 4, 3)


def test_read_rows_that_break_tests_are_put_aside_and_keys_are_compared_with_good_rows(
    usable: Usable,
) -> None:
    tests = (
        holds("fare >= 0"),
        holds("fare < 5", is_error=False),
        DataTest("unique: id", IsUnique(), ("id",)),
        DataTest("unique: id, fare", IsUnique(), ("id", "fare"), is_error=False),
    )
    text = "id,fare\n1,x\n1,-2\n1,3\n1,4\n2,9\n2\n"
    table, rows = usable(text, *tests, id="category", fare="number")
    assert facts(rows) == [
        (2, NUMBER, "fare", "x"),
        (3, "`fare >= 0`", "fare", "-2"),
        (5, "`unique: id`", "id", "1"),
        (7, "one cell for each column", "", "1 cell"),
    ]
    assert staged_rows(table) == [[1, 3], [2, 9]]
    assert [result.count for result in table.tests] == [0, 1, 0, 0]


def test_read_share_that_a_test_lets_pass_stays(usable: Usable) -> None:
    text = "a\n-1\n" + "1\n" * 9
    table, rows = usable(text, holds("a > 0", max_bad_share=0.1), a="number")
    assert (rows, table.rows) == ([], 10)
    table, rows = usable(text + "-1\n", holds("a > 0", max_bad_share=0.1), a="number")
    assert ([row.line for row in rows], table.rows) == ([2, 12], 9)


def test_read_more_bad_rows_than_may_be_is_refused_by_rule(usable: Usable) -> None:
    text = "a,b\n" + "".join(f"{i if i % 10 else 'x'},1\n" for i in range(100)) + "1\n"
    table, rows = usable(text, share=0.1, a="number")
    assert [str(problem) for problem in too_many(table, rows)] == [
        "11 of 101 rows (10.9 %) cannot be used\n"
        "    allowed  10 % (data.max_bad_share)\n"
        "    next     mend the rows, or let more pass: data.max_bad_share",
        "10 rows (9.9 %): not a number, `a`\n"
        "    received t.csv:2: x; t.csv:12: x; t.csv:22: x and 7 more",
        "1 row (0.99 %): not one cell for each column\n    received t.csv:102: 1 cell",
    ]
    table, rows = usable(text, share=0.11, a="number")
    assert too_many(table, rows) == []
    assert (
        quarantine_notes(rows)[1]
        == "1 row put aside (not one cell for each column): t.csv:102: 1 cell"
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'a,b\n1,2\n3,"x\n4,5\n', "a quoted cell that begins here is never closed"),
        (b"a,b\n1,2\n3,\xff\n", "is not UTF-8 text"),
        (b"a,b\n1,2\n3,\x00\n", "a NUL byte"),
        (b"a,b\n1,2,3\n1,2,3\n", "the header lacks the name of the first column"),
    ],
)
def test_read_file_that_cannot_be_trusted_is_refused_nevertheless(
    usable: Usable, content: bytes, expected: str
) -> None:
    table, _ = usable(content, a="number")
    assert expected in "\n".join(problems_of(table))
    assert list((Path("staged")).iterdir()) == []


def test_read_column_that_can_be_read_in_two_ways_stays_refused(usable: Usable) -> None:
    table, rows = usable('a\n"1,234"\n"5,678"\n', a="number")
    assert rows == []
    assert "can be read in two ways" in problems_of(table)[0]


def test_read_function_that_finds_new_rows_each_time_is_refused(usable: Usable) -> None:
    def first_is_bad(batch: pa.RecordBatch) -> Any:
        return pa.array([i > 0 for i in range(len(batch))])

    test = DataTest("own", OwnFunction("own.f", first_is_bad), ("a",))
    table, rows = usable("a,b\n" + "1,2\n" * 50, test, a="number")
    assert len(rows) == len(table.aside) < 10
    assert "1 of 43 rows" in problems_of(table)[0]


def test_staged_copy_accounts_for_rows_that_were_put_aside(usable: Usable, tmp_path: Path) -> None:
    label = LabelNeeds("y", "binary")
    text = "x,y\n1,0\n2,\nz,1\n4,1\n5\n"
    table, _ = usable(text, label=label, y="number", x="number")
    assert table.staged is not None
    facts_ = json.loads((table.staged / TABLE_FILE).read_text())
    assert facts_["rows"] == {"read": 5, "dropped": 1, "quarantined": 2}
    copy, manifest = StagedTable(table.staged), read_manifest(table.staged)
    assert (copy.rows_read, copy.rows, copy.rows_left_out, copy.quarantined) == (5, 2, 1, 2)
    assert manifest is not None
    assert str(manifest.counts) == "read 5 ≠ quarantined 2 + dropped 1"
    assert table.digest[:16] == table.staged.name
    good, _ = usable("x,y\n1,0\n2,\n4,1\n", name="u.csv", label=label, y="number", x="number")
    assert good.digest != table.digest


def test_staged_copy_of_the_same_rows_has_the_results_of_other_tests(usable: Usable) -> None:
    folders = []
    for test in (holds("a > 0"), holds("a < 9")):
        table, _ = usable("a,b\n1,2\n", test, a="number")
        assert table.staged is not None
        folders.append(table.staged)
        facts_ = json.loads((table.staged / TABLE_FILE).read_text())
        assert [x["rule"] for x in facts_["tests"]] == [test.text]
    assert folders[0] == folders[1]


def test_quarantine_of_parquet_names_rows(usable: Usable, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": ["1", "x", None], "b": ['q"', "r,s", ""]}), "in.parquet")
    content = Path("in.parquet").read_bytes()
    table, rows = usable(content, name="t.parquet", a="number")
    place = quarantine_place(str(tmp_path / "root"), table)
    write_quarantine(place, rows)
    assert read_quarantine(place) == rows
    (found,) = pq.read_table(place).to_pylist()
    assert found == {
        "file": "t.parquet",
        "line": 2,
        "byte_offset": None,
        "rule": NUMBER,
        "column": "a",
        "value": "x",
        "row": 'x,"r,s"',
        "row_number": 1,
        "mended": "",
    }
    assert place.endswith(f"/quarantine/{table.digest[:16]}.parquet")


def test_digest_of_a_table_tells_which_rows_were_put_aside(usable: Usable) -> None:
    text = "a,b\n-1,2\n3,4\n5,6\n"
    digests = {usable(text, *tests, a="number")[0].digest for tests in ((), (holds("a > 0"),))}
    digests.add(usable(text, holds("a < 5"), a="number")[0].digest)
    assert len(digests) == 3
