"""Data at speed: from a table to examples, and whole runs, beside the stock way and the limit.

    python benchmarks/data.py [--rows 300000,3000000] [--formats csv,parquet] [--stock-rows 300000]
    python benchmarks/data.py --rows "" --runs 10000,300000 [--run-repeat 3]

The shipped taxi rows, as many times over; see README.md here. Ingestion is measured from the files
to compressed TFRecords in two splits, with the same columns, compression and rows:

    ours    the scan that decides types, labels and problems, the staged copy, and CsvExampleGen's
            executor
    bare    the limit: Arrow reads typed columns, ours encodes a batch, TensorFlow's writers write,
            each third row to the other one; nothing looks at a cell
    stock   TFX's own CsvExampleGen, by Beam in this process

`--runs` gives the rows of whole runs beside TFX's own template: of 10,000 rows with everything,
of more rows up to Trainer, which leaves the Evaluator out of both.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_ways import SHIPPED_ROWS, measured, write_table
from taxi_runs import REST, Run, run_ours, run_template

_OF_DATA = ("DataGate",)


def main() -> None:
    """Measure, and print a line a way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", default="300000,3000000", help="of tables; empty: none")
    parser.add_argument("--formats", default="csv,parquet")
    parser.add_argument("--stock-rows", type=int, default=300_000, help="0: without it")
    parser.add_argument("--repeat", type=int, default=1, help="the fastest of ours and bare")
    parser.add_argument("--runs", default="", help="rows of whole runs, e.g. 10000,300000")
    parser.add_argument("--run-repeat", type=int, default=1, help="medians of whole runs")
    parser.add_argument("--json", type=Path, help="keep all figures in this file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
        figures = _compare_ingestion(Path(name), options)
        for rows in _numbers(options.runs):
            figures += _compare_runs(Path(name), rows, options.run_repeat)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",") if number]


def _compare_ingestion(folder: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    figures: list[dict[str, Any]] = []
    tables = [(n, kind) for n in _numbers(options.rows) for kind in options.formats.split(",")]
    if tables:
        print(f"{'':24}{'rows':>10}{'seconds':>10}{'CPU s':>8}{'rows/s':>10}{'MB':>8}")
    for rows, kind in tables:
        file = write_table(folder / f"{rows}.{kind}", rows)
        ways = {"ours": options.repeat, "bare": options.repeat}
        if kind == "csv" and rows == options.stock_rows:
            ways["stock"] = 1
        found = {way: measured(way, file, repeat) for way, repeat in ways.items()}
        file.unlink()
        for way, each in found.items():
            figures.append({"way": way, "format": kind, **each})
            speed = each["rows"] / each["seconds"]
            times = f"{each['seconds']:>10.2f}{each['cpu_s']:>8.2f}"
            line = f"{rows:>10,}{times}{speed:>10,.0f}{each['peak_mb']:>8.0f}"
            print(f"{f'{way} {kind}':24}{line}", flush=True)
        for way in list(found)[1:]:
            wall, cpu = (found[way][x] / found["ours"][x] for x in ("seconds", "cpu_s"))
            print(f"{f'  {way} / ours':24}{'':10}{wall:>9.2f}x{cpu:>7.2f}x", flush=True)
    return figures


def _compare_runs(folder: Path, rows: int, repeat: int) -> list[dict[str, Any]]:
    """Run the template and ours in turn; more rows than were shipped without the Evaluator."""
    table = write_table(folder / "runs.csv", rows)
    is_evaluated = rows <= SHIPPED_ROWS
    template: list[Any] = []
    ours: list[Any] = []
    for _ in range(repeat):
        for run, runs in ((run_template, template), (run_ours, ours)):
            with tempfile.TemporaryDirectory() as place:
                runs.append(run(Path(place), table=table, is_evaluated=is_evaluated))
    scan_s = measured("ours", table, repeat)["parts_s"][0]
    theirs, our = _medians(template), _medians(ours)
    print(f"\nwhole run, {rows:,} rows{'' if is_evaluated else ', up to Trainer'}")
    print(f"{'':36}{'template':>10}{'ours':>10}{'ratio':>8}")
    for name in dict.fromkeys([*theirs, *our]):
        pair = [figures.get(name) for figures in (theirs, our)]
        shown = "".join(f"{'–' if x is None else f'{x:.2f}':>10}" for x in pair)
        ratio = f"{pair[1] / pair[0]:>8.2f}" if pair[0] and pair[1] is not None else ""
        print(f"{name:36}{shown}{ratio}")
    data_s = scan_s + sum(our[f"  {step}, s"] for step in _OF_DATA)
    share = data_s / our["wall, s"]
    print(f"scan {scan_s:.2f} s; with DataGate {share:.1%} of the run", flush=True)
    return [{"rows": rows, "template": theirs, "ours": our, "scan_s": scan_s, "share": share}]


def _medians(runs: Sequence[Run]) -> dict[str, float]:
    names = [name for name in runs[0].figures if name != REST] + [REST]
    return {name: statistics.median(run.figures[name] for run in runs) for name in names}


if __name__ == "__main__":
    main()
