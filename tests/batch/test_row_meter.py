"""How many rows there will be, as far as anybody knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tfx_pipeline.batch.chunks import Chunk, Position
from tfx_pipeline.batch.row_meter import RowMeter
from tfx_pipeline.processes import progress
from tfx_pipeline.processes.progress import watched


@dataclass
class MadePart:
    path: Path
    rows: int | None
    share: float


@pytest.fixture
def told(monkeypatch):
    """What a watcher is shown, without its speed."""
    monkeypatch.setattr(progress, "_QUIET_S", 0)
    shown: list[str] = []
    with watched(lambda words: shown.append(words.partition(" rows")[0]), 0):
        yield shown


def read_and_tell(meter, rows):
    for chunk in meter.metered(iter([Chunk({}, {}, (), rows, Position())])):
        meter.tell(chunk.count)


def test_meter_knows_the_rows_of_parquet_and_leaves_out_what_was_done_before(told, tmp_path):
    meter = RowMeter([MadePart(tmp_path, 700, 0.0), MadePart(tmp_path, 300, 0.0)], 200)
    read_and_tell(meter, 80)
    read_and_tell(meter, 80)
    assert (told, meter.written) == (["80 of 800", "160 of 800"], 160)


def test_meter_estimates_the_rows_of_texts_by_their_sizes(told, tmp_path):
    for name, size in (("a", 3000), ("b", 1000)):
        (tmp_path / name).write_bytes(bytes(size))
    parts = [MadePart(tmp_path / "a", None, 1.0), MadePart(tmp_path / "b", None, 0.5)]
    read_and_tell(RowMeter(parts, 0), 700)
    assert told == ["700 of 800"]


def test_meter_of_a_query_knows_no_end(told):
    read_and_tell(RowMeter([MadePart(Path("query"), None, 0.0)], 0), 50)
    assert told == ["50"]
