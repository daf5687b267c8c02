"""Rows go out as CSV, are mended, and come back once, whole or not at all."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.conftest import problems_of, staged_rows, table_needs
from tests.ingestion.data_tests.conftest import holds
from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.needs import BadRowNeeds, DataTest, IsUnique
from tfx_pipeline.ingestion.quarantine import resubmission
from tfx_pipeline.ingestion.quarantine.mended import mended_files, mended_rows, origin
from tfx_pipeline.ingestion.quarantine.quarantined_row import QuarantinedRow
from tfx_pipeline.ingestion.quarantine.reading import read_usable, too_many
from tfx_pipeline.ingestion.quarantine.resubmission import (
    Source,
    export_rows,
    read_mended,
    resubmit,
)
from tfx_pipeline.ingestion.table import Table

FIRST = "id,fare\n1,5\n2,x\n3\n4,7\n"
SECOND = "fare,id\n-1,5\n8,6\n9,7,extra\n"
TESTS = (holds("fare >= 0"), DataTest("unique: id", IsUnique(), ("id",)))


class Project:
    """A folder of two files, one of them with another order of columns."""

    def __init__(self, folder: Path, csv_format: dict[str, Any]) -> None:
        self.folder = folder / "data"
        self.folder.mkdir()
        self.records = str(folder / "quarantine/mended")
        needs = table_needs(csv=csv_format, id="category", fare="number")
        bad_rows = BadRowNeeds(True, 1.0, self.records)
        self.needs = replace(needs, tests=TESTS, bad_rows=bad_rows)
        self.export = folder / "bad.csv"

    def read(self) -> tuple[Table, list[QuarantinedRow]]:
        files = mended_files(sorted(x for x in self.folder.iterdir() if ".mended" not in x.name))
        return read_usable(self.folder, self.needs, files)

    @property
    def source(self) -> Source:
        files = mended_files(sorted(x for x in self.folder.iterdir() if ".mended" not in x.name))
        return Source(self.folder, files, self.needs)

    def mend(self, rows: list[QuarantinedRow], change: Callable[[list[list[str]]], Any]) -> None:
        cells = list(csv.reader(io.StringIO(export_rows(self.source, rows))))
        change(cells)
        with self.export.open("w", newline="") as file:
            csv.writer(file, delimiter=";").writerows(cells)  # as a spreadsheet writes it

    def resubmit(self, rows: list[QuarantinedRow]) -> tuple[dict[str, int], list[str]]:
        mended = read_mended(self.export, self.source.header)
        written, problems = resubmit(self.source, mended, rows, self.export)
        return {x.name: count for x, count in written.items()}, [str(x) for x in problems]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    made = Project(tmp_path, {})
    (made.folder / "1.csv").write_text(FIRST)
    (made.folder / "2.csv").write_text(SECOND)
    return made


def test_resubmit_takes_good_rows_once_and_refuses_bad_ones_by_their_line(
    project: Project,
) -> None:
    table, rows = project.read()
    assert [(row.file, row.line) for row in rows] == [
        ("1.csv", 3),
        ("1.csv", 4),
        ("2.csv", 2),
        ("2.csv", 4),
    ]

    def change(cells: list[list[str]]) -> None:
        assert [line[5:] for line in cells] == [
            ["id", "fare"],
            ["2", "x"],
            ["3", ""],
            ["5", "-1"],
            ["7", "9"],
        ]
        assert cells[4][4] == "not one cell for each column: 3 cells; beyond the columns: extra"
        cells[1][6] = "6.5"
        cells[3][6] = "-3"
        cells[4][5] = "4"

    project.mend(rows, change)
    written, problems = project.resubmit(rows)
    assert problems == [
        "bad.csv:4: still not `fare >= 0`, `fare`\n    received -3",
        "bad.csv:5: still not `unique: id`, `id`\n    received 4",
    ]
    (name,) = written
    assert (written, name.startswith("1.csv.mended-")) == ({name: 2}, True)
    after, put_aside = project.read()
    assert (after.rows_read, after.rows, len(put_aside)) == (table.rows_read + 2, table.rows + 2, 4)
    assert sorted(map(tuple, staged_rows(after))) == [(1, 5), (2, 6.5), (3, None), (4, 7), (6, 8)]
    assert [row.mended for row in put_aside] == [name, name, "", ""]
    written, problems = project.resubmit(rows)
    assert written == {}
    assert [x.partition("\n")[0] for x in problems[:2]] == [
        "bad.csv:2: this row was mended before",
        "bad.csv:3: this row was mended before",
    ]


def test_mended_rows_do_not_count_against_the_cap(project: Project) -> None:
    _, rows = project.read()
    project.needs = replace(
        project.needs, bad_rows=replace(project.needs.bad_rows, max_share=2 / 9)
    )
    table, some = project.read()
    assert len(too_many(table, some)) > 1
    project.mend(rows, lambda cells: (cells[1].__setitem__(6, "1"), cells[4].__setitem__(5, "9")))
    project.resubmit(rows)
    table, rows = project.read()
    assert (too_many(table, rows), problems_of(table), len(rows)) == ([], [], 4)


def test_resubmit_row_of_no_quarantine_or_twice_in_the_file_is_refused(project: Project) -> None:
    _, rows = project.read()

    def change(cells: list[list[str]]) -> None:
        cells[1][6] = "1"
        cells.append(list(cells[1]))
        cells.append([*cells[1][:1], "1", *cells[1][2:]])

    project.mend(rows[:1], change)
    written, problems = project.resubmit(rows)
    assert list(written.values()) == [1]
    assert [x.splitlines()[0] for x in problems] == [
        "bad.csv:3: this row was mended before",
        "bad.csv:4: no such row is in the quarantine",
    ]


def test_export_of_a_changed_file_is_refused(project: Project) -> None:
    _, rows = project.read()
    (project.folder / "1.csv").write_text(FIRST.replace("2,x", "2,y"))
    with pytest.raises(DataError, match="cannot be exported"):
        export_rows(project.source, rows)
    _, again = project.read()
    assert [row.mended for row in again] == [""] * 4


def test_read_mended_of_another_file_is_refused(project: Project) -> None:
    project.export.write_text("id,fare\n1,2\n")
    with pytest.raises(DataError) as caught:
        read_mended(project.export, project.source.header)
    assert "its columns are not those of an export" in str(caught.value)


def test_resubmit_cut_off_before_the_file_is_there_can_be_done_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, rows = project.read()
    project.mend(rows[:1], lambda cells: cells[1].__setitem__(6, "1"))
    real = resubmission.write_mended

    def cut_off(records: str, folder: Path, file: Path, *more: Any) -> None:
        real(records, folder, file, *more)
        file.unlink()  # as if the process had died after the record
        raise KeyboardInterrupt

    monkeypatch.setattr(resubmission, "write_mended", cut_off)
    with pytest.raises(KeyboardInterrupt):
        project.resubmit(rows)
    assert len(mended_rows(project.records, project.folder)) == 0
    monkeypatch.setattr(resubmission, "write_mended", real)
    written, problems = project.resubmit(rows)
    assert (list(written.values()), problems) == ([1], [])
    assert len(mended_rows(project.records, project.folder)) == 1


def test_resubmit_writes_as_the_configuration_says(tmp_path: Path) -> None:
    form = {"delimiter": "|", "quote": "'", "encoding": "utf-16", "names": ("id", "fare")}
    project = Project(tmp_path, form)
    (project.folder / "1.csv").write_bytes("1|5\nö|x\n".encode("utf-16"))
    _, rows = project.read()
    project.mend(rows, lambda cells: cells[1].__setitem__(6, "2.5"))
    (name,) = project.resubmit(rows)[0]
    assert (project.folder / name).read_text("utf-16") == "'ö'|'2.5'\n"
    table, _ = project.read()
    assert staged_rows(table) == [["1", 5], ["ö", 2.5]]


def test_mended_files_stand_behind_their_own(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "b.csv.mended-12.csv", "a.csv.mended-1.csv", "a.csv.mended-2"):
        (tmp_path / name).touch()
    found = mended_files([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert [x.name for x in found] == [
        "a.csv",
        "b.csv",
        "a.csv.mended-1.csv",
        "b.csv.mended-12.csv",
    ]
    assert [origin(x).name for x in found] == ["a.csv", "b.csv", "a.csv", "b.csv"]
