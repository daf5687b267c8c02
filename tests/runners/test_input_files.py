"""The files of a table: spans, files twice, files that change or go."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runners.test_input_table import CONFIG, HEADER, LABEL
from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.errors import ConfigError, DataError
from tfx_pipeline.ingestion.quarantine import reading as quarantine_reading
from tfx_pipeline.runners.input_files import MEMORY_FILE, find_input_files
from tfx_pipeline.runners.input_table import checked_table

ROWS = "".join(
    f"{i}.5,1.5,17000000{i},{pay},a b,3,2,x,{i % 2 * 50}\n"
    for i, pay in zip(range(10, 70), ["Cash", "Card"] * 30, strict=True)
)


def load(folder: Path, *overrides: str, path: str = "data/{YYYY}-{MM}-{DD}/*.csv") -> LoadedConfig:
    file = folder / "configs/trips.yaml"
    if not file.exists():
        file.parent.mkdir()
        file.write_text(CONFIG.replace("LABEL", LABEL), encoding="utf-8")
    return load_config(file, overrides=[f"data.path={path}", *overrides])


def deliver(folder: Path, day: int, rows: str = ROWS, name: str = "trips.csv") -> Path:
    file = folder / f"data/2026-01-{day:02}" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    text = rows.replace("170000", f"17{day:02}00") if rows is ROWS else rows
    file.write_text(HEADER + text, encoding="utf-8")
    return file


def test_window_of_spans_is_one_table_whose_rows_have_spans(tmp_path: Path) -> None:
    files = [deliver(tmp_path, day) for day in (3, 4, 7)]
    table = checked_table(load(tmp_path, "data.span.window=4"))
    assert [file.path for file in table.files] == files[1:]
    assert table.rows == 120
    assert [table.spans[file].shown for file in files[1:]] == ["2026-01-04", "2026-01-07"]
    assert (
        "spans 2026-01-04 to 2026-01-07: read 2026-01-04, 2026-01-07; 2 of them" in (table.notes[0])
    )


def test_span_is_part_of_the_digest_of_a_table_with_the_same_rows(tmp_path: Path) -> None:
    first = deliver(tmp_path, 3)
    table = checked_table(load(tmp_path))
    files = find_input_files(load(tmp_path))
    first.parent.rename(tmp_path / "data/2026-01-05")
    later = find_input_files(load(tmp_path))
    assert checked_table(load(tmp_path)).digest != table.digest
    assert later.digest != files.digest
    assert [x.digest for x in later.fingerprints.values()] == [
        x.digest for x in files.fingerprints.values()
    ]


def test_span_that_is_chosen_is_read_and_no_other(tmp_path: Path) -> None:
    first = deliver(tmp_path, 3)
    deliver(tmp_path, 4)
    files = find_input_files(load(tmp_path, "data.span=2026-01-03"))
    assert files.files == (first,)


def test_span_without_a_row_is_refused(tmp_path: Path) -> None:
    deliver(tmp_path, 3)
    deliver(tmp_path, 4, rows="")
    with pytest.raises(DataError, match="cannot be used; nothing was run") as caught:
        checked_table(load(tmp_path, "data.span.window=2"))
    assert "span 2026-01-04 is empty" in str(caught.value)


def test_span_that_vanishes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, 3)
    gone = deliver(tmp_path, 4)

    def read_and_lose(*arguments: object) -> object:
        table = original(*arguments)
        shutil.rmtree(gone.parent)
        return table

    original: Callable[..., object] = quarantine_reading.read_table
    monkeypatch.setattr(quarantine_reading, "read_table", read_and_lose)
    with pytest.raises(DataError) as caught:
        checked_table(load(tmp_path, "data.span.window=2"))
    assert "2026-01-04/trips.csv: it vanished while it was read" in str(caught.value)


def test_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = deliver(tmp_path, 3)

    def read_and_change(*arguments: object) -> object:
        table = original(*arguments)
        file.write_text(HEADER + ROWS + ROWS, encoding="utf-8")
        return table

    original: Callable[..., object] = quarantine_reading.read_table
    monkeypatch.setattr(quarantine_reading, "read_table", read_and_change)
    with pytest.raises(DataError) as caught:
        checked_table(load(tmp_path))
    assert "it changed while it was read" in str(caught.value)


def test_file_twice_in_a_span_is_refused_unless_it_is_meant(tmp_path: Path) -> None:
    deliver(tmp_path, 3)
    deliver(tmp_path, 3, name="trips (1).csv")
    with pytest.raises(DataError) as caught:
        checked_table(load(tmp_path))
    message = str(caught.value)
    assert "trips (1).csv: the same content as" in message and "2026-01-03/trips.csv" in message
    assert "data.duplicate_files: note" in message
    table = checked_table(load(tmp_path, "data.duplicate_files=note"))
    assert table.rows == 120
    assert any("the same content" in note for note in table.notes)


def test_path_without_a_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no table to read"):
        find_input_files(load(tmp_path, path="dat"))


def test_fingerprints_are_remembered_where_the_root_is_there(tmp_path: Path) -> None:
    deliver(tmp_path, 3)
    loaded = load(tmp_path)
    files = find_input_files(loaded)
    assert not loaded.config.pipeline_root.exists()
    loaded.config.pipeline_root.mkdir(parents=True)
    files.remember(loaded.config)
    assert (loaded.config.pipeline_root / MEMORY_FILE).is_file()
