"""Labels of every row, looked at before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.conftest import Read, problems_of, staged_rows, table_needs
from tfx_pipeline.ingestion.needs import LabelNeeds, Use
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.modules.label_rule.rule import LabelRule


def needs(
    task: str = "binary", rule: str | None = None, classes: tuple[str, ...] = (), column: str = "y"
) -> LabelNeeds:
    return LabelNeeds(column, task, rule, classes, "t.yaml:9")


def read_labels(read: Read, rows: str, label: LabelNeeds, **options: Any) -> Table:
    """Read a table with the columns x and y, and the label's columns used as the label needs."""
    uses: Mapping[str, Use]
    if label.rule:
        rule = LabelRule.parse(label.rule)
        uses = {x: "category" if x in rule.text_columns else "number" for x in rule.columns}
    else:
        uses = {label.column: "category" if label.classes else "number"}
    return read("x,y\n" + rows, label=label, **options, **uses)


@pytest.mark.parametrize(
    ("rows", "label", "counts"),
    [
        ("1,0\n2,1\n3,1\n", needs(), {"0": 1, "1": 2}),
        ("1,0.0\n2,1.0\n", needs(), {"0": 1, "1": 1}),
        ("1,no\n2,yes\n", needs(classes=("no", "yes")), {"no": 1, "yes": 1}),
        ("1,1\n2,2\n", needs(classes=("1", "2")), {"1": 1, "2": 1}),
        ("1,1.0\n2,2.0\n", needs(classes=("1", "2")), {"1": 1, "2": 1}),
        ("1,7\n2,007\n", needs(classes=("7", "007")), {"7": 1, "007": 1}),
        ("1,a\n2,b\n3,c\n", needs("multiclass", classes=("a", "b", "c")), {"a": 1, "b": 1, "c": 1}),
        ("1,1.5\n2,2\n", needs("regression"), {1.5: 1, 2.0: 1}),
        ("1,5\n2,1\n", needs(rule="y > x"), {"0": 1, "1": 1}),
        ("a,5\nb,1\n", needs(rule="x == 'a' and y > 2"), {"0": 1, "1": 1}),
        ("2,5\n0,1\n", needs("regression", rule="y * 2"), {10.0: 1, 2.0: 1}),
    ],
)
def test_labels_of_every_kind_are_counted(
    read: Read, rows: str, label: LabelNeeds, counts: dict[Any, int]
) -> None:
    table = read_labels(read, rows, label)
    assert problems_of(table) == []
    assert dict(table.labels.counts) == counts
    assert table.rows_used == table.rows


@pytest.mark.parametrize(
    ("rows", "label", "expected", "received"),
    [
        ("1,0\n2,7\n3,1\n", needs(), "in 1 row", "'7'"),
        ("1,0\n2,-1\n3,1\n", needs(), "in 1 row", "'-1'"),
        ("1,0\n2,0.5\n3,1\n", needs(), "in 1 row", "'0.5'"),
        ("1,a\n2,x\n3,b\n", needs(classes=("a", "b")), "in 1 row", "'x'"),
        ("1,a\n2,A\n3,b\n", needs(classes=("a", "b")), "in 1 row", "'A'"),
        ("1,a\n2,NA\n3,b\n", needs(classes=("a", "b")), "in 1 row", "'NA'"),
        ("1,1\n2,01\n3,2\n", needs(classes=("1", "2")), "in 1 row", "'01'"),
        ("1,a\n2,a \n3,b\n", needs(classes=("a", "b")), "in 1 row", "'a '"),
        ("1,0\n2,3\n3,1\n4,3\n", needs("multiclass", "y", ("a", "b", "c")), "in 2 rows", "'3'"),
        ("1,0\n2,9007199254740993\n", needs(), "in 1 row", "'9007199254740993'"),
    ],
)
def test_label_outside_the_classes_is_refused_with_value_and_line(
    read: Read, rows: str, label: LabelNeeds, expected: str, received: str
) -> None:
    (problem,) = problems_of(read_labels(read, rows, label))
    first = f"table.csv:3: a label that is none of the classes, {expected}"
    assert problem.splitlines()[0] == first
    assert f"received {received}\n" in problem
    assert "next     " in problem


@pytest.mark.parametrize(
    ("rows", "label", "expected"),
    [
        ("1,0\n2,0\n", needs(), "all 2 rows with a label have the label `0`"),
        ("1,0\n2,\n", needs(), "the only row with a label has the label `0`: there is nothing"),
        ("1,a\n2,a\n", needs(classes=("a", "b")), "all 2 rows with a label have the label `a`"),
        ("1,2.5\n2,2.5\n", needs("regression"), "all 2 rows with a label have the label `2.5`"),
        ("1,0\n2,0\n", needs(rule="y > 5"), "all 2 rows with a label have the label `0`"),
        ("1,\n2,\n", needs(rule="x > 5 and y > 1"), "no row has a label"),
    ],
)
def test_labels_without_anything_to_learn_are_refused(
    read: Read, rows: str, label: LabelNeeds, expected: str
) -> None:
    found = problems_of(read_labels(read, rows, label))
    assert found[0].startswith(f"t.yaml:9: {expected}")


def test_label_of_words_without_classes_says_to_list_them(read: Read) -> None:
    (problem,) = problems_of(read_labels(read, "1,no\n2,yes\n", needs()))
    assert problem.startswith("table.csv:2: the label `y` is text")
    assert "label.classes: [no, yes]" in problem


@pytest.mark.parametrize(
    ("rows", "label", "without", "dropped"),
    [
        ("1,0\n2,\n3,1\n", needs(), 1, 0),
        ("1,0\n2,NA\n3,1\n", needs(), 1, 0),
        ("1,a\n2, \n3,b\n", needs(classes=("a", "b")), 1, 0),
        ("1,5\n,5\n9,1\n", needs(rule="y > x"), 1, 0),
        ("1,5\n0,5\n9,1\n", needs(rule="y / x > 1"), 0, 1),
        ("1,5\n0,5\n,1\n9,1\n", needs(rule="y / x > 1"), 1, 1),
        ("1,5\n0,5\n9,1\n", needs("regression", rule="y / x"), 0, 1),
    ],
)
def test_rows_without_a_label_are_counted_and_not_staged(
    read: Read, rows: str, label: LabelNeeds, without: int, dropped: int
) -> None:
    table = read_labels(read, rows, label)
    assert problems_of(table) == []
    assert (table.labels.rows_without, table.labels.rows_dropped) == (without, dropped)
    staged = staged_rows(table)
    assert len(staged) == table.rows_used == table.rows - without - dropped
    first = table.labels.first_dropped or table.labels.first_without
    assert first and table.place(first) == "table.csv:3"


@pytest.mark.parametrize(
    ("label", "empty", "zero"),
    [(needs(), "9,", None), (needs(rule="y / x > 1"), "9,", "0,5")],
)
def test_rows_without_a_label_far_apart_are_all_left_out(
    read: Read, label: LabelNeeds, empty: str, zero: str | None
) -> None:
    rows = [f"1,{i % 2 * 5}" if label.rule else f"1,{i % 2}" for i in range(2000)]
    for place in (10, 1500, 1600):  # rows are read in blocks
        rows[place] = empty
        if zero:
            rows[place + 1] = zero
    table = read_labels(read, "\n".join(rows) + "\n", label)
    assert table.labels.rows_without == 3
    assert table.labels.rows_dropped == (3 if zero else 0)
    first = table.labels.first_without
    assert first and table.place(first) == "table.csv:12"
    staged = staged_rows(table)
    assert len(staged) == table.rows_used
    assert all(row[1] is not None for row in staged)


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["5", "6"], "5"),
        (["5.0", "6.0"], "5"),
        (["5.0", "6.5"], "5"),
        (["5.50", "6"], "5.5"),
        (["+5", "06"], "5"),
        (["0.10", "2"], "0.1"),
        (["16777217", "6"], "16777217"),
        (["16777217.0", "6"], "16777217"),
        (["5,50", "6"], "5.5"),
        (["1e10", "6.5"], "10000000000"),
    ],
)
@pytest.mark.parametrize("use", ["number", "spelling"])
def test_rule_compares_text_as_it_is_spelled_and_a_number_as_the_graph_writes_it(
    read: Read, cells: list[str], text: str, use: Use
) -> None:
    text = cells[0] if use == "spelling" else text
    rows = "".join(f'"{cell}",1\n' for cell in cells)
    label = needs(rule=f"x == '{text}' and y > 0")
    table = read("x,y\n" + rows, label=label, x=use, y="number")
    assert problems_of(table) == []
    assert dict(table.labels.counts) == {"1": 1, "0": 1}


def test_rule_on_seconds_since_1970_is_exact(read: Read) -> None:
    rows = "".join(f"{1_700_000_000 + i},{1_700_000_000 + i + 30 + i % 60}\n" for i in range(344))
    table = read_labels(read, rows, needs(rule="y - x > 60"))
    assert problems_of(table) == []
    assert table.labels.counts["1"] == sum(30 + i % 60 > 60 for i in range(344))


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ("1,1234567.89\n2,1234567.90\n3,1\n", "y > 1234567.895"),
        ("1,16777216.5\n2,16777218.5\n3,1\n", "y > 16777216"),
        ("1.5,0.123456789\n2.5,0.123456788\n3,1\n", "y == 0.123456789"),
    ],
)
def test_rule_that_32_bit_floats_would_change_is_refused(read: Read, rows: str, rule: str) -> None:
    (problem,) = problems_of(read_labels(read, rows, needs(rule=rule)))
    assert "32-bit floats change the label of" in problem
    assert "table.csv:" in problem


@pytest.mark.parametrize("ties", ["3.13,15.65\n", "5.01,25.05\n", "3.21,16.05\n"])
def test_rule_on_decimals_compares_them_as_written(read: Read, ties: str) -> None:
    table = read_labels(read, f"{ties}9.99,1.25\n", needs(rule="x > 0.2 * y"))
    assert problems_of(table) == []
    assert dict(table.labels.counts) == {"0": 1, "1": 1}


def test_rule_on_integers_beyond_64_bit_floats_is_refused(read: Read) -> None:
    rows = f"1,{2**53 + 1}\n2,{2**53}\n"
    found = problems_of(read_labels(read, rows, needs(rule=f"y == {2**53}")))
    assert "`y` has whole numbers that `label.rule` cannot compare exactly" in found[-1]


@pytest.mark.parametrize(
    ("label", "row", "kind"),
    [
        (needs(), "{i},", "without"),
        (needs("regression"), "{i},NA", "without"),
        (needs(classes=("0", "1")), "{i}, ", "without"),
        (needs(rule="y > x"), "NA,{i}", "without"),
        (needs(rule="y / x > 0"), "0,{i}", "dropped"),
        (needs("regression", rule="y / x"), "0,{i}", "dropped"),
    ],
)
def test_rows_left_out_are_counted_in_every_file_and_block(
    tmp_path: Path, label: LabelNeeds, row: str, kind: str
) -> None:
    known = ["1,0", "0.5,1"]
    lines = [known[i % 2] if i % 3 else row.format(i=i) for i in range(1, 3001)]
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,y\n" + "\n".join(lines) + "\n")
    rule = LabelRule.parse(label.rule) if label.rule else None
    use: Use = "category" if label.classes else "number"
    uses: dict[str, Use] = {"y": use} if rule is None else {"x": "number", "y": "number"}
    table = read_table(tmp_path, table_needs(label=label, **uses))
    assert problems_of(table) == []
    assert [len(x) for x in getattr(table.labels, kind).values()] == [1000, 1000]
    assert (table.rows, table.rows_used) == (6000, 4000)
    assert len(staged_rows(table)) == 4000
