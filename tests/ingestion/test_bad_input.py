"""Bad input: a clear error, or rows put aside; nothing is lost, and nothing half-written."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ingestion.conftest import Read, problems_of, staged_rows, table_needs
from tests.ingestion.data_tests.conftest import holds
from tests.ingestion.quarantine.conftest import Usable
from tests.ingestion.quarantine.conftest import usable as usable  # a fixture
from tfx_pipeline.ingestion.needs import BadRowNeeds
from tfx_pipeline.ingestion.quarantine.quarantine_file import (
    quarantine_place,
    read_quarantine,
    write_quarantine,
)
from tfx_pipeline.ingestion.quarantine.reading import read_usable
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.storage.place_errors import PlaceError


@pytest.mark.once
@pytest.mark.slow
def test_type_that_changes_in_row_2_000_000_is_found(usable: Usable, tmp_path: Path) -> None:
    numbers = np.char.add(np.arange(2_000_100).astype("S7"), b",y\n")
    lines = numbers.tolist()
    lines[2_000_000] = b"two million,y\n"
    content = b"a,b\n" + b"".join(lines)
    table, rows = usable(content, a="number", b="category")
    assert [(row.line, row.row) for row in rows] == [(2_000_002, "two million,y")]
    assert (table.plans[0].type, table.rows, problems_of(table)) == ("int64", 2_000_099, [])
    failing = read_table(tmp_path / "t.csv", table_needs(a="number"))
    assert "t.csv:2000002: `a` has 1 value that cannot be read as a number" in "\n".join(
        problems_of(failing)
    )


def test_mixed_encodings_name_the_byte_and_its_line(read: Read) -> None:
    (problem,) = problems_of(read("a,b\n1,é\n".encode() + "2,é\n".encode("latin-1")))
    assert problem.startswith("table.csv:3: byte 11 is not UTF-8 text")


def test_dates_in_three_formats_stay_as_written_or_are_refused_as_moments(read: Read) -> None:
    text = "t,b\n2020-01-31,1\n31/01/2020,2\nJan 31 2020,3\n"
    assert [row[0] for row in staged_rows(read(text))] == [
        "2020-01-31",
        "31/01/2020",
        "Jan 31 2020",
    ]
    (problem,) = problems_of(read(text, t="moment"))
    assert "`t` has 3 values that cannot be read as a number" in problem
    assert "write seconds since 1970" in problem


def test_whole_number_beyond_64_bits_in_an_integer_column_is_refused(read: Read) -> None:
    schema = {"a": "INT"}
    (problem,) = problems_of(read("a,b\n1,2\n9223372036854775808,3\n", a="number", schema=schema))
    assert "table.csv:3: `a` is INT in the curated schema" in problem


def test_empty_file_in_a_folder_is_named(read: Read, tmp_path: Path) -> None:
    read(b"a,b\n1,2\n", "1.csv")
    read(b"", "2.csv")
    (problem,) = problems_of(read_table(tmp_path))
    assert problem.startswith("2.csv: an empty file")


def test_two_thousand_columns_are_read_and_their_bad_cells_found(usable: Usable) -> None:
    names = [f"c{i}" for i in range(2000)]
    rows = [[str(i * j) for i in range(2000)] for j in range(50)]
    rows[7][1999] = rows[9][0] = "x"
    content = "\n".join(",".join(row) for row in [names, *rows])
    table, found = usable(content, **dict.fromkeys(names, "number"))
    assert [(row.line, row.column) for row in found] == [(9, "c1999"), (11, "c0")]
    assert (table.rows, len(table.header), problems_of(table)) == (48, 2000, [])


def test_cells_of_5_megabytes_are_read_and_shown_shortened(usable: Usable) -> None:
    big = "x" * 5_000_000
    content = f'a,b\n1,"{big}"\n{big},y\n3,"{big}\n"\n'
    table, (row,) = usable(content, a="number", b="category")
    assert (row.line, row.value, row.row) == (3, big, f"{big},y")
    assert [len(cells[1]) for cells in staged_rows(table)] == [5_000_000, 5_000_001]
    failing = read_table(Path("t.csv"), table_needs(a="number"))
    assert len("\n".join(problems_of(failing))) < 10_000


class _FilesUpTo:
    """No file may be larger within the block, as on a full disk."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __enter__(self) -> None:
        self._handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self._size, self._before[1]))

    def __exit__(self, *error: object) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)
        signal.signal(signal.SIGXFSZ, self._handler)


def test_disk_full_half_way_leaves_no_copy_and_says_so(read: Read, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    text = "a,b\n" + "".join(f"{x},{y}\n" for x, y in generator.random((200_000, 2)))
    read(text)
    staging = tmp_path / "staging"
    with _FilesUpTo(200_000), pytest.raises(PlaceError) as caught:
        read_table(tmp_path / "table.csv", table_needs(a="number"), staging=staging)
    assert os.strerror(errno.EFBIG) in str(caught.value)
    assert list(staging.iterdir()) == []
    table = read_table(tmp_path / "table.csv", table_needs(a="number"), staging=staging)
    assert StagedTable(stage_table(table, staging)).rows == 200_000


def test_disk_full_leaves_the_old_quarantine(usable: Usable, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    letters = generator.integers(97, 123, (300, 200), np.uint8)
    rows = "".join(f"{row.tobytes().decode()},1\n" for row in letters)
    table, found = usable(f"a,b\n{rows}1,1\n", a="number")
    place = quarantine_place(str(tmp_path / "root"), table)
    write_quarantine(place, found[:2])
    with _FilesUpTo(8_000), pytest.raises(PlaceError):
        write_quarantine(place, found)
    assert read_quarantine(place) == found[:2]
    assert [x.name for x in Path(place).parent.iterdir()] == [Path(place).name]


ROWS = 40_000


def _read_and_put_aside(table: str, root: str) -> None:
    checked, rows = read_usable(Path(table), _needs(root), staging=Path(root, "input"))
    write_quarantine(quarantine_place(root, checked), rows)


def _needs(root: str) -> Any:
    bad_rows = BadRowNeeds(True, 1.0, str(Path(root, "quarantine/mended")))
    needs = table_needs(a="number", b="category")
    return replace(needs, tests=(holds("a < 39000"),), bad_rows=bad_rows)


def test_killed_at_any_moment_leaves_whole_files_or_none(tmp_path: Path) -> None:
    lines = [f"{'x' if i % 1000 == 7 else i},b{i}" for i in range(ROWS)]
    lines[50] = "1,2,3"
    (tmp_path / "t.csv").write_text("\n".join(["a,b", *lines, ""]))
    root = str(tmp_path / "root")
    arguments = (str(tmp_path / "t.csv"), root)
    context = multiprocessing.get_context("fork")
    began = time.monotonic()
    whole = context.Process(target=_read_and_put_aside, args=arguments)
    whole.start()
    whole.join()
    seconds = time.monotonic() - began
    (place,) = Path(root, "quarantine").glob("*.parquet")
    expected = read_quarantine(str(place))
    (folder,) = Path(root, "input").iterdir()
    assert StagedTable(folder).rows + len(expected) == ROWS == StagedTable(folder).rows_read
    assert len(expected) == 40 + 1 + 999
    generator = np.random.default_rng(1)
    for _ in range(8):
        place.unlink(missing_ok=True)
        for each in folder.iterdir() if folder.exists() else ():
            each.unlink()
        if folder.exists():
            folder.rmdir()
        process = context.Process(target=_read_and_put_aside, args=arguments)
        process.start()
        time.sleep(float(generator.uniform(0, seconds * 1.1)))
        process.kill()
        process.join()
        if folder.exists():
            assert StagedTable(folder).rows_read == ROWS
        assert set(Path(root, "quarantine").glob("*.parquet")) <= {place}
        if place.exists():
            assert read_quarantine(str(place)) == expected
    again = context.Process(target=_read_and_put_aside, args=arguments)
    again.start()
    again.join()
    assert again.exitcode == 0
    assert read_quarantine(str(place)) == expected
    copy = StagedTable(folder)
    rows = sum(batch.num_rows for file in copy.files for batch in copy.batches(file))
    assert rows + len(expected) == ROWS
