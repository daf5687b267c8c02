"""Quality on real tables, beside scikit-learn's and LightGBM's boosting and a linear model.

    python benchmarks/tables.py [--half choose] [--tables credit,ames] [--seeds 0,1,2,3,4]
                                [--ways boosting,lightgbm,linear,ours] [--folder build/tables]

Each table (see `real_tables/listed.py`) goes through `tfx-pipeline init`, and what that writes is
run as it is: its split says which rows everybody is trained on and judged by. A seed is another
split. Results are kept in the folder, and what is there is not measured again; at the end stands
the comparison of the last way with the first. See README.md here.

Defaults may be chosen on the tables of `--half choose`; those of `report` are for the report.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from real_tables.baselines import BASELINES, fit_baseline
from real_tables.configs import CONFIGS
from real_tables.encoding import SplitTable, split_table
from real_tables.listed import BenchmarkTable, chosen_tables
from real_tables.metrics import metrics
from real_tables.ours import WHOLE_RUN, Ours, run_ours
from real_tables.report import Report
from real_tables.results import Fit, Predictions, Results
from real_tables.sources import ROOT, table_file
from real_tables.splits import eval_rows


def main() -> None:
    """Measure what is not there yet; print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--tables", default="", help="names between commas (default: all)")
    parser.add_argument("--half", choices=("choose", "report", ""), default="")
    parser.add_argument("--seeds", default="0,1,2,3,4", help="of the splits")
    parser.add_argument(
        "--ways",
        default=",".join((*BASELINES, WHOLE_RUN)),
        help="also fit-linear, fit-trees and so on: one family, without the other steps",
    )
    parser.add_argument("--rows", type=int, default=0, help="at most, by chance; 0: all")
    parser.add_argument("--configs", choices=tuple(CONFIGS), default="init")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/tables")
    parser.add_argument("--results", type=Path, help="default: results in the folder")
    parser.add_argument("--only-report", action="store_true", help="measure nothing")
    options = parser.parse_args()
    tables = chosen_tables(options.tables, options.half)
    ways = options.ways.split(",")
    folder = options.folder.absolute()
    results = Results(options.results or folder / "results")
    if not options.only_report:
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
        for table in tables:
            measurement = Measurement(table, folder, options.rows, options.configs)
            for seed in map(int, options.seeds.split(",")):
                measurement.run(results, ways, seed)
    print(Report(results, tables, ways[-1]).text())


class Measurement:
    """One table, through all ways and seeds."""

    def __init__(self, table: BenchmarkTable, folder: Path, rows: int, configs: str) -> None:
        """Fetch the table, and have its configuration written."""
        self._table = table
        self._file = table_file(table, folder, rows)
        self._config = CONFIGS[configs](table, self._file, folder / configs / self._file.stem)

    def run(self, results: Results, ways: list[str], seed: int) -> None:
        """Measure on one split what is not there yet."""
        settings = (f"data.split.seed={seed}", f"model.seed={seed}")
        is_eval = eval_rows(self._config, settings)
        split = hashlib.sha256(np.packbits(is_eval).tobytes()).hexdigest()[:16]
        missing = [way for way in ways if not results.has(self._table.name, seed, way, split)]
        if not missing:
            return
        data = split_table(self._table, self._file, is_eval)
        measured = _Measured(results, self._table.name, seed, split, data)
        for way in [way for way in missing if way in BASELINES]:
            fitted = fit_baseline(way, data, seed)
            measured.keep(way, fitted.values, fitted.fit_s, fitted.cpu_s, {})
        others = [way for way in missing if way not in BASELINES]
        for way, ours in run_ours(self._config, others, settings).items():
            measured.keep(way, in_order(ours, data), ours.fit_s, ours.cpu_s, ours.notes)


@dataclass(frozen=True)
class _Measured:
    """Keeps, and prints, what was measured on one split."""

    results: Results
    table: str
    seed: int
    split: str
    data: SplitTable

    def keep(
        self, way: str, values: NDArray[Any], fit_s: float, cpu_s: float, notes: dict[str, Any]
    ) -> None:
        label = self.data.eval.label
        found, rows = metrics(label, values), len(self.data.train.label)
        key = (self.table, self.seed, way, self.split, rows)
        fit = Fit(*key, round(fit_s, 3), round(cpu_s, 3), found, notes)
        self.results.add(fit, Predictions(self.data.places, label, values.astype(np.float32)))
        shown = " ".join(f"{name} {value:.4f}" for name, value in found.items())
        print(f"{self.table} {self.seed} {way}: {shown}, {fit_s:.1f} s", flush=True)


def in_order(ours: Ours, data: SplitTable) -> NDArray[Any]:
    """Put the classes of our predictions in the order of the encoded table's.

    Raises:
        RuntimeError: the rows are not those of `data.eval`, told by their labels.
    """
    label = data.eval.label
    if data.classes:
        is_same = np.array_equal(ours.label, np.array(data.classes)[label])
    else:
        is_same = np.allclose(ours.label.astype(float), label, rtol=1e-5)
    if not is_same:
        raise RuntimeError("the rows of our split are not in the order of the table")
    if not data.classes:
        return ours.predictions
    return ours.predictions[:, [ours.classes.index(name) for name in data.classes]]


if __name__ == "__main__":
    main()
