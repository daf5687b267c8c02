"""What people say of a table, read from its README."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.ingestion.table_words import ColumnWords, TableWords, read_table_words

README = """\
# t: a table

**Label**: `x`

**Terms**: CC0 1.0,
as the package states.

Something else.

| column | meaning | unit | missing |
|---|---|---|---|
| `a`, `b c` | a \\| b, measured | metres | 0 % |
| ``d`e`` | short |
| `f` | | | 0 % |
| no code | nothing | kilograms | |

| `g` | not of that table | seconds |
"""


def test_read_table_words_gives_terms_meanings_and_units(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    words = read_table_words(tmp_path)
    assert words.terms == "CC0 1.0, as the package states."
    measured = ColumnWords("a | b, measured", "metres")
    assert words.columns == {"a": measured, "b c": measured, "d`e": ColumnWords("short", "")}
    (tmp_path / "t.csv").touch()
    assert read_table_words(tmp_path / "t.csv") == words


def test_read_table_words_of_what_init_writes_takes_what_a_person_added(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "**Terms**: not said yet: its licence, and what may be done with it.\n\n"
        "| column | meaning and unit | holds | missing | used as |\n|---|---|---|---|---|\n"
        "| `a` |  | numbers | 0 % | numeric feature |\n"
        "| `b` | length in metres | numbers | 0 % | numeric feature |\n",
        encoding="utf-8",
    )
    words = read_table_words(tmp_path)
    assert words == TableWords({"b": ColumnWords("length in metres", "")}, "")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"| a |\n| b | c |", b"|"])
def test_read_table_words_of_a_readme_that_says_nothing_is_empty(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "README.md").write_bytes(content)
    assert read_table_words(tmp_path) == TableWords()
    assert read_table_words(tmp_path / "nowhere" / "file.csv") == TableWords()


@pytest.mark.parametrize(
    ("name", "column", "unit"),
    [
        ("penguins", "body_mass_g", "grams"),
        ("taxi", "trip_miles", "miles"),
        ("ames", "Lot_Area", "square feet"),
    ],
)
def test_read_table_words_of_the_shipped_tables_knows_every_column(
    repository: Path, name: str, column: str, unit: str
) -> None:
    folder = repository / "data" / name
    words = read_table_words(folder)
    header = next(folder.glob("*.csv")).read_text(encoding="utf-8").splitlines()[0]
    assert set(header.replace('"', "").split(",")) <= words.columns.keys()
    assert words.columns[column].unit == unit
    assert words.terms
