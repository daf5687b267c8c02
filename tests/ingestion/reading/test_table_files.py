"""Which files belong to a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.ingestion.reading.table_files import is_table_name, table_files


@pytest.mark.parametrize(
    ("name", "belongs"),
    [
        ("a.csv", True),
        ("A.CSV", True),
        ("a.Csv.GZ", True),
        ("a.tsv", True),
        ("a.tab.zst", True),
        ("a.csv.bz2", True),
        ("a.csv.xz", True),
        ("a.parquet", True),
        ("a.pq", True),
        ("a.txt", False),
        ("a.xlsx", False),
        ("a.csv.bak", False),
        ("csv", False),
        ("a.gz", False),
    ],
)
def test_name_tells_whether_a_file_belongs_to_the_table(name: str, belongs: bool) -> None:
    assert is_table_name(name) is belongs


def test_folder_gives_its_tables_and_names_what_is_passed_over(tmp_path: Path) -> None:
    for name in ("b.csv", "REST.CSV", "old.csv.bak", "notes.txt", "README.md", ".hidden.csv"):
        (tmp_path / name).touch()
    (tmp_path / "raw").mkdir()
    found = table_files(tmp_path)
    assert [file.name for file in found.files] == ["REST.CSV", "b.csv"]
    assert found.note == "passed over in the table's folder: notes.txt, old.csv.bak, raw"
    assert found.problems == ()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], "no table in this folder\n    received nothing"),
        (["a.txt"], "no table in this folder\n    received only a.txt"),
        (["README.md"], "no table in this folder\n    received nothing"),
    ],
)
def test_folder_without_a_table_says_what_is_there(
    tmp_path: Path, names: list[str], expected: str
) -> None:
    for name in names:
        (tmp_path / name).touch()
    (problem,) = table_files(tmp_path).problems
    assert expected in str(problem)


def test_folder_named_like_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "more.csv").mkdir()
    (tmp_path / "data.csv").touch()
    (problem,) = table_files(tmp_path).problems
    assert "a folder has the name of a table" in str(problem)


def test_missing_path_is_named(tmp_path: Path) -> None:
    (problem,) = table_files(tmp_path / "no.csv").problems
    assert str(problem).endswith("no.csv: no such file or folder")


def test_lock_file_of_excel_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / "~$a.csv").write_text("")
    found = table_files(tmp_path)
    assert ([file.name for file in found.files], found.note) == (["a.csv"], None)
