"""Whenever the process is killed, the next one has each row exactly once."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tfx_pipeline.ingestion.examples.row_hashes import count_records, records_of, row_hashes
from tfx_pipeline.ingestion.versions.row_counts import RowCounts

ROWS = 120_000
KILLS = 8

pytestmark = [pytest.mark.slow, pytest.mark.once]


class ExampleGen:
    """Makes examples of a table in processes of their own, forked from one with all imports."""

    def __init__(self, table: Path) -> None:
        from tests.components.example_gen.killed_example_gen import make_examples

        self._table, self._make = table, make_examples
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([make_examples.__module__])
        self._context.Process(target=time.monotonic).start()  # imports now, and not while timed

    def start(self, staging: Path, uri: Path, account: Path) -> BaseProcess:
        arguments = (self._table, staging, uri, account)
        process = self._context.Process(target=self._make, args=arguments)
        process.start()
        return process

    def finish(self, staging: Path, uri: Path) -> RowCounts:
        account = uri.with_suffix(".json")
        process = self.start(staging, uri, account)
        process.join(300)
        assert process.exitcode == 0
        return RowCounts.from_json(account.read_text(encoding="utf-8"))


def test_example_gen_killed_at_any_moment_loses_and_doubles_no_row(tmp_path: Path) -> None:
    table, staging = tmp_path / "table", tmp_path / "staging"
    table.mkdir()
    for number in range(3):
        begin = number * ROWS // 3
        lines = [f"{i},{i % 7}.5,name {i % 100}\n" for i in range(begin, begin + ROWS // 3)]
        (table / f"{number}.csv").write_text("id,x,name\n" + "".join(lines), encoding="utf-8")
    example_gen = ExampleGen(table)
    whole = tmp_path / "whole"
    example_gen.finish(tmp_path / "first staging", tmp_path / "first")  # what is loaded once, is
    started = time.monotonic()
    assert example_gen.finish(tmp_path / "other staging", whole).read == ROWS
    seconds = time.monotonic() - started
    made = random.Random(13)
    uri = tmp_path / "examples"
    killed = 0
    for attempt in range(3 * KILLS):
        process = example_gen.start(staging, uri, tmp_path / "account")
        time.sleep(made.uniform(killed, killed + 1) / KILLS * seconds)
        if process.exitcode is None:
            killed += 1
        else:  # the machine was busier when the seconds were measured
            seconds *= 0.8
        process.kill()
        process.join()
        if attempt % 2:  # TFX gives the next attempt a folder of its own; half of them get the old
            shutil.rmtree(uri, ignore_errors=True)
        if killed == KILLS:
            break
    assert killed == KILLS
    counts = example_gen.finish(staging, uri)
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
