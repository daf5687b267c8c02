"""Whenever the process is killed, the next one has each row exactly once."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tfx_pipeline.ingestion.row_counts import RowCounts
from tfx_pipeline.ingestion.versions.row_hashes import count_records, records_of, row_hashes

ROWS = 120_000
KILLS = 6
PROGRAM = "tests.components.example_gen.killed_example_gen"

pytestmark = pytest.mark.slow


def start(*arguments: Path) -> subprocess.Popen[str]:
    """Start it, and let it begin when all is imported."""
    process = subprocess.Popen(
        [sys.executable, "-m", PROGRAM, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    assert process.stdout and process.stdin
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()
    return process


def finish(process: subprocess.Popen[str]) -> RowCounts:
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return RowCounts.from_json(out.splitlines()[-1])


def test_example_gen_killed_at_any_moment_loses_and_doubles_no_row(tmp_path: Path) -> None:
    table, staging = tmp_path / "table", tmp_path / "staging"
    table.mkdir()
    for number in range(3):
        begin = number * ROWS // 3
        lines = [f"{i},{i % 7}.5,name {i % 100}\n" for i in range(begin, begin + ROWS // 3)]
        (table / f"{number}.csv").write_text("id,x,name\n" + "".join(lines), encoding="utf-8")
    whole = tmp_path / "whole"
    process = start(table, tmp_path / "other staging", whole)
    started = time.monotonic()
    assert finish(process).read == ROWS
    seconds = time.monotonic() - started
    made = random.Random(13)
    uri = tmp_path / "examples"
    killed = 0
    for attempt in range(KILLS):
        process = start(table, staging, uri)
        time.sleep(made.uniform(attempt, attempt + 1) / KILLS * seconds)
        killed += process.poll() is None
        process.kill()
        process.communicate()
        if attempt % 2:  # TFX gives the next attempt a folder of its own; half of them get the old
            shutil.rmtree(uri, ignore_errors=True)
    assert killed >= KILLS - 2
    counts = finish(start(table, staging, uri))
    counts.check()
    assert (counts.read, counts.dropped) == (ROWS, 0)
    assert count_records(str(uri)) == dict(counts.splits)
    hashes = {tuple(row) for row in row_hashes(str(uri)).tolist()}
    assert len(hashes) == ROWS
    assert hashes == {tuple(row) for row in row_hashes(str(whole)).tolist()}
    assert sorted(ids(uri)) == list(range(ROWS))
    assert len([x for x in staging.iterdir() if not x.name.startswith(".")]) == 1


def ids(uri: Path) -> list[int]:
    """Read the ids by TensorFlow, which wrote nothing of this."""
    import tensorflow as tf

    found = []
    for split in ("train", "eval"):
        records = list(records_of(str(uri), split))
        features = {"id": tf.io.FixedLenFeature([], tf.int64)}
        found += tf.io.parse_example(records, features)["id"].numpy().tolist()
    return found
