"""How often intervals hold the true figure, and how often gates that read them are right.

    python benchmarks/intervals.py --jobs 2 --out benchmarks/intervals.md    # an hour of CPU
    python benchmarks/intervals.py --simulations 200 --rows 200 --only binary

Each simulation draws rows from models whose true figures are known (`interval_rows`) and asks
`tfx_pipeline.evaluation.intervals` for intervals of 95 %. The true figures are those of 2,000,000
rows. What does not exist in a sample (the recall without a positive row) is not counted there.
`--kept FILE` keeps what was found, so that an interrupted run goes on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import interval_gates
import interval_rows
import numpy as np

from tfx_pipeline.evaluation.gates import loss_of
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.intervals.of_metrics import metric_intervals
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.verdict import Figures

_SLOWER = {"quantiles": 10}
"""Computed again and again in each simulation: so many times fewer of these."""
_TRUTH_ROWS, _TRUTH_PARTS = 500_000, 4


@dataclass(frozen=True)
class Kind:
    """What is simulated of a task.

    Attributes:
        title: of its tables.
        names: the metrics.
        columns: what draws the rows, by the title of a column.
        rhos: of the changes, see `interval_rows`.
    """

    title: str
    names: tuple[str, ...]
    columns: Mapping[str, interval_rows.Draw]
    rhos: tuple[float, ...] = (0.9,)


_NUMBERS = {
    "normal": interval_rows.regression(skewed=False),
    "skewed": interval_rows.regression(skewed=True),
}
KINDS = {
    "binary": Kind(
        "Binary, by prevalence",
        (
            *("auc", "pr_auc", "log_loss", "brier", "accuracy", "precision", "recall", "f1"),
            *("calibration", "mean_prediction"),
        ),
        {f"{share:.0%}": interval_rows.binary(share) for share in (0.01, 0.05, 0.2, 0.5)},
        (0.0, 0.9, 0.99),
    ),
    "multiclass": Kind(
        "Three classes, by the rarest's share",
        (
            *("accuracy", "log_loss", "brier", "macro_auc", "weighted_auc", "precision"),
            *("recall", "f1", "weighted_precision", "weighted_f1"),
        ),
        {f"{share:.0%}": interval_rows.multiclass(share) for share in (0.05, 0.33)},
    ),
    "regression": Kind(
        "Numbers",
        (
            *("mse", "rmse", "mae", "mape", "r2", "error_sd", "mean_error", "pinball_90"),
            *("calibration", "mean_prediction"),
        ),
        _NUMBERS,
    ),
    "quantiles": Kind(
        "Numbers, computed again and again",
        ("median_absolute_error", "p90_absolute_error"),
        _NUMBERS,
    ),
}


@dataclass(frozen=True)
class Column:
    """A column of a table: a kind, one of its draws, rows a sample; no `rho`: of one model."""

    kind: str
    name: str
    rows: int
    rho: float | None

    @property
    def key(self) -> str:
        """Name it among all."""
        return f"{self.kind} {self.name} {self.rows} {self.rho}"

    @property
    def title(self) -> str:
        """Name it in its table."""
        return self.name if self.rho is None else f"{self.name}, ρ {self.rho:g}"


def main() -> None:
    """Simulate, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=4000)
    parser.add_argument("--rows", default="200,2000,20000")
    parser.add_argument("--only", default=",".join([*KINDS, *interval_gates.TABLES]))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    only, sizes = options.only.split(","), [int(each) for each in options.rows.split(",")]
    columns = [each for size in sizes for kind in only for each in _columns(kind, size)]
    gates = [name for name in interval_gates.TABLES if name in only]
    kept: dict[str, Any] = {}
    if options.kept and options.kept.exists():
        kept = json.loads(options.kept.read_text())
    tasks = [(each.key, coverage, each) for each in columns if each.key not in kept]
    with ProcessPoolExecutor(options.jobs) as pool:
        found: dict[Future[Any], str] = {
            pool.submit(task, what, options.simulations): key for key, task, what in tasks
        }
        found |= {
            pool.submit(interval_gates.TABLES[name], options.simulations): name
            for name in gates
            if name not in kept
        }
        for done in as_completed(found):
            kept[found[done]] = done.result()
            print(found[done], kept[found[done]], flush=True)
            if options.kept:
                options.kept.write_text(json.dumps(kept, indent=1))
    text = "\n".join([*_tables(columns, kept), *(kept[name] for name in gates)])
    if options.out:
        options.out.write_text(_HEAD.format(options.simulations) + text)


_HEAD = """# What `intervals.py` measured

{:,} simulations a column (a tenth where figures are computed again and again). In per cent: how
often an interval of 95 % holds the true figure; what is not between 93 and 97 is bold. The standard
error of a 95 is 0.3 at 4,000 simulations, 0.7 at 1,000.

"""


def _columns(kind: str, rows: int) -> Iterator[Column]:
    if kind in KINDS:
        for rho in (None, *KINDS[kind].rhos):
            for name in KINDS[kind].columns:
                yield Column(kind, name, rows, rho)


def coverage(column: Column, simulations: int) -> dict[str, float]:
    """Give by metric the share of the samples whose interval holds the true figure."""
    kind = KINDS[column.kind]
    truth, draw = _truth(column), kind.columns[column.name]
    random = np.random.default_rng(crc32(column.key.encode()))
    held, there = dict.fromkeys(kind.names, 0), dict.fromkeys(kind.names, 0)
    for _ in range(simulations // _SLOWER.get(column.kind, 1)):
        candidate, baseline = draw(random, column.rows, column.rho or 0.0)
        if column.rho is None:
            found = metric_intervals(kind.names, candidate, Resampling())
        else:
            found = loss_intervals(kind.names, candidate, baseline, Resampling())
        for name, interval in found.items():
            there[name] += bool(np.isfinite(interval.low))
            held[name] += interval_gates.holds(interval, truth[name])
    return {name: held[name] / there[name] for name in kind.names if there[name]}


def _truth(column: Column) -> dict[str, float]:
    """Give the true figures; those of a model do not depend on how alike the other one is."""
    model, other = _figures(column.kind, column.name)
    if column.rho is None:
        return dict(model.values)
    names = KINDS[column.kind].names
    return {name: loss_of(name, model, other) for name in names}  # type: ignore[arg-type]


@lru_cache
def _figures(kind: str, column: str) -> tuple[Figures, Figures]:
    """Measure the candidate and the baseline, with the same noise, so that the change is exact."""
    random = np.random.default_rng(7)
    names = {*KINDS[kind].names} | ({"mean_label"} if kind != "multiclass" else set())
    sums = [dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)]
    for _ in range(_TRUTH_PARTS):
        pair = KINDS[kind].columns[column](random, _TRUTH_ROWS, 1.0)
        for total, rows in zip(sums, pair, strict=True):
            for name in names:
                total[name] += compute(name, rows) / _TRUTH_PARTS  # type: ignore[arg-type]
    return Figures(kind, sums[0], {}), Figures(kind, sums[1], {})


def _tables(columns: Sequence[Column], kept: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    groups: dict[str, list[Column]] = {}
    for each in columns:
        what = "one model" if each.rho is None else "change between two"
        title = f"{KINDS[each.kind].title}: {what}, {each.rows:,} rows"
        groups.setdefault(title, []).append(each)
    for title, group in groups.items():
        yield f"## {title}\n"
        yield f"| | {' | '.join(each.title for each in group)} |"
        yield "|---" * (len(group) + 1) + "|"
        for name in KINDS[group[0].kind].names:
            cells = (_cell(kept[each.key].get(name)) for each in group)
            yield f"| {name} | {' | '.join(cells)} |"
        yield ""


def _cell(share: float | None) -> str:
    if share is None:
        return ""
    shown = f"{100 * share:.1f}"
    return shown if 0.93 <= share <= 0.97 else f"**{shown}**"


if __name__ == "__main__":
    main()
