"""What StatisticsGen costs: ours in this process beside TFX's own executor by Beam.

    python benchmarks/split_statistics.py [--tables taxi,wide] [--times 30] [--repeat 1]

`taxi` are the shipped rows as many times over, `wide` 10,000 rows of 1,000 columns: floats, whole
numbers and categories, many of them missing. Each executor runs in a fresh process, in turn, on
the same files of two splits, and both results are compared in every field.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SPLITS = ("train", "eval")
WHO = ("stock", "ours")
FIGURES = ("wall, s", "CPU, s", "peak memory, MB")


def main() -> None:
    """Measure each table, and print a line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", default="taxi,wide")
    parser.add_argument("--times", type=int, default=30, help="the 10,000 taxi rows so often")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--only", choices=WHO, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(_compute(options.only, options.folder)))
        return
    for table in options.tables.split(","):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            made = _taxi_rows() if table == "taxi" else _wide_rows()
            rows = _write(folder, made, options.times if table == "taxi" else 1)
            print(f"{table}: {rows:,} rows, median of {options.repeat}", flush=True)
            _compare(folder, options.repeat)


def _compare(folder: Path, repeat: int) -> None:
    figures: dict[str, list[list[float]]] = {who: [] for who in WHO}
    for _ in range(repeat):
        for who in WHO:
            figures[who].append(_measure(who, folder))
    for number, figure in enumerate(FIGURES):
        stock, ours = (statistics.median(run[number] for run in figures[who]) for who in WHO)
        print(f"  {figure:<18}{stock:9.2f} stock{ours:9.2f} ours{ours / stock:7.2f}")
    print(f"  fields that differ: {_count_differences(folder)}")


def _measure(who: str, folder: Path) -> list[float]:
    words = [sys.executable, __file__, "--only", who, "--folder", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    figures: list[float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _compute(who: str, folder: Path) -> list[float]:
    """Run one of the executors; give wall and CPU seconds, imports left out, and megabytes."""
    from tfx.components.statistics_gen.executor import Executor

    from tests.components.statistics_gen.example_files import compute, examples_artifact
    from tfx_pipeline.components.statistics_gen.executor import StatisticsGenExecutor

    executor = Executor if who == "stock" else StatisticsGenExecutor
    output = Path(tempfile.mkdtemp(dir=folder)) / "statistics"
    examples = examples_artifact(folder / "examples", SPLITS)
    wall, cpu = time.perf_counter(), time.process_time()
    compute(executor, examples, output)
    figures = [time.perf_counter() - wall, time.process_time() - cpu]
    (folder / who).unlink(missing_ok=True)
    (folder / who).symlink_to(output)
    return [*figures, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]


def _count_differences(folder: Path) -> int:
    from types import SimpleNamespace

    from tests.components.statistics_gen.example_files import differences, read

    stock, ours = (SimpleNamespace(uri=str(folder / who)) for who in WHO)
    return sum(len(differences(read(stock, split), read(ours, split))) for split in SPLITS)


def _write(folder: Path, rows: Iterator[Mapping[str, Any]], times: int) -> int:
    """Write two of three rows to one split, the third to the other, all as many times over."""
    import tensorflow as tf

    from tests.components.statistics_gen.example_files import serialize, write_split

    assert tf.__version__
    parts: dict[str, list[bytes]] = {split: [] for split in SPLITS}
    for number, row in enumerate(rows):
        parts[SPLITS[number % 3 == 2]].append(serialize(row))
    for split, records in parts.items():
        write_split(folder / "examples", [records * times], split)
    return times * sum(map(len, parts.values()))


def _taxi_rows() -> Iterator[Mapping[str, Any]]:
    from tests.components.statistics_gen.example_files import table_rows

    yield from table_rows(ROOT / "data/taxi/data.csv")


def _wide_rows(rows: int = 10_000, columns: int = 1_000) -> Iterator[Mapping[str, Any]]:
    random = np.random.default_rng(0)
    kinds = np.arange(columns) % 4
    missing = random.choice([0, 0.05, 0.5], columns)
    distinct = random.choice([5, 50, 500, 5_000], columns)
    for _ in range(rows):
        numbers = random.normal(size=columns)
        whole = random.integers(0, distinct)
        present = random.random(columns) >= missing
        yield {
            f"c{at:04}": [
                float(numbers[at])
                if kinds[at] < 2
                else int(whole[at])
                if kinds[at] == 2
                else b"category %d" % whole[at]
            ]
            for at in np.flatnonzero(present).tolist()
        }


if __name__ == "__main__":
    main()
