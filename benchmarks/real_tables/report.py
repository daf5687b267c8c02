"""The figures of `tables.py` as Markdown, for README.md here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean

import numpy as np

from real_tables.baselines import BASELINES
from real_tables.intervals import Difference, difference
from real_tables.listed import BenchmarkTable
from real_tables.results import Fit, Results

MOST_AUC_BEHIND = 0.003
MOST_RMSE_BEHIND = 0.01
"""What must be reached: the mean of ours is not further behind than this on any table."""

_BOOSTING, _LIGHTGBM, _LINEAR = BASELINES


def metric_of(table: BenchmarkTable) -> str:
    """Name the metric that decides."""
    return "rmse" if table.task == "regression" else "auc"


class Report:
    """Tables of figures of one half, for one way of ours."""

    def __init__(self, results: Results, tables: Sequence[BenchmarkTable], way: str) -> None:
        """Take what was measured; tables where `way` was not are left out of the comparison."""
        self._results, self._way = results, way
        self._tables = tables
        self._differences: dict[tuple[str, str], Difference | None] = {}
        self._compared = [table for table in tables if results.pairs(table.name, way, _BOOSTING)]

    def text(self) -> str:
        """Write everything."""
        ways = [*BASELINES, *([self._way] if self._compared else [])]
        parts = ["\n".join(self._figures(ways))]
        if self._compared:
            parts += ["\n".join(self._comparison()), "\n".join(self._summary(ways))]
        return "\n\n".join(parts)

    def _figures(self, ways: Sequence[str]) -> Iterator[str]:
        """A line a table: the means over the seeds."""
        yield f"| table | rows | seeds | metric | {' | '.join(ways)} |"
        yield "|---|---|---|---|" + "---|" * len(ways)
        for table in self._tables:
            fits = {way: self._fits(table, way) for way in ways}
            if not (counted := next((x for x in fits.values() if x), [])):
                continue
            names = ["rmse"] if table.task == "regression" else ["auc", "log_loss", "ece"]
            rows = f"{table.name} | {counted[0].rows:,} | {len(counted)}"
            for name in names:
                cells = [_mean(fits[way], name) for way in ways]
                yield f"| {rows} | {name} | {' | '.join(cells)} |"
                rows = " | | "
            cells = [_seconds(fits[way]) for way in ways]
            yield f"| | | | fit, s | {' | '.join(cells)} |"

    def _comparison(self) -> Iterator[str]:
        """A line a table: ours less the others', with intervals."""
        yield f"| table | metric | {self._way} against boosting | | against linear | |"
        yield "|---|---|---|---|---|---|"
        for table in self._compared:
            metric = metric_of(table)
            cells = []
            for other in (_BOOSTING, _LINEAR):
                found = self._difference(table, other)
                cells += [_shown(found, metric), found.verdict] if found else ["", ""]
            yield f"| {table.name} | {metric} | {' | '.join(cells)} |"

    def _summary(self, ways: Sequence[str]) -> Iterator[str]:
        """What must be reached, and what was."""
        found = {x.name: self._difference(x, _BOOSTING) for x in self._compared}
        verdicts = [x.verdict for x in found.values() if x]
        count = len(verdicts)
        yield f"- not worse than boosting: {count - verdicts.count('worse')} of {count}"
        yield f"- better: {verdicts.count('better')} of {count}"
        linear = [x.name for x in self._compared if self._is_worse(x, _LINEAR)]
        yield f"- worse than the linear model: {', '.join(linear) or 'never'}"
        for metric, limit in (("auc", MOST_AUC_BEHIND), ("rmse", MOST_RMSE_BEHIND)):
            gaps = {x.name: found[x.name] for x in self._compared if metric_of(x) == metric}
            if gaps:
                name, worst = min(gaps.items(), key=lambda item: item[1].mean if item[1] else 0)
                assert worst is not None
                gap = max(0.0, -worst.mean)
                yield f"- largest gap, {metric}: {gap:.4f} ({name}); allowed {limit}"
        ranks = self._mean_ranks(ways)
        yield "- mean rank: " + ", ".join(f"{way} {rank:.2f}" for way, rank in ranks.items())
        yield from self._calibration()

    def _calibration(self) -> Iterator[str]:
        errors = {
            table.name: [
                mean(fit.metrics["ece"] for fit in self._fits(table, way))
                for way in (self._way, _BOOSTING)
            ]
            for table in self._compared
            if table.task != "regression"
        }
        if errors:
            larger = [name for name, (ours, theirs) in errors.items() if ours > theirs]
            ours, theirs = np.mean(list(errors.values()), axis=0)
            yield (
                f"- calibration error: {ours:.4f}, boosting {theirs:.4f} in the mean;"
                f" larger on {', '.join(larger) or 'no table'}"
            )

    def _mean_ranks(self, ways: Sequence[str]) -> dict[str, float]:
        """Rank the ways on each table by the mean of the metric that decides; 1 is the best.

        Ways that are not there on all tables are left out.
        """
        ways = [way for way in ways if all(self._fits(x, way) for x in self._compared)]
        ranks: dict[str, list[float]] = {way: [] for way in ways}
        for table in self._compared:
            metric = metric_of(table)
            sign = 1 if metric == "rmse" else -1
            found = {way: self._fits(table, way) for way in ways}
            values = [sign * mean(x.metrics[metric] for x in found[way]) for way in ways]
            for way, value in zip(ways, values, strict=True):
                ties = values.count(value)
                ranks[way].append(1 + sum(x < value for x in values) + (ties - 1) / 2)
        return {way: mean(x) for way, x in ranks.items()}

    def _is_worse(self, table: BenchmarkTable, other: str) -> bool:
        found = self._difference(table, other)
        return found is not None and found.verdict == "worse"

    def _difference(self, table: BenchmarkTable, other: str) -> Difference | None:
        key = (table.name, other)
        if key not in self._differences:
            pairs = self._results.pairs(table.name, self._way, other)
            read = self._results.predictions
            found = [(read(ours), read(theirs)) for ours, theirs in pairs]
            self._differences[key] = difference(found, metric_of(table)) if found else None
        return self._differences[key]

    def _fits(self, table: BenchmarkTable, way: str) -> list[Fit]:
        return [fit for fit in self._results if (fit.table, fit.way) == (table.name, way)]


def _mean(fits: Sequence[Fit], name: str) -> str:
    return f"{mean(fit.metrics[name] for fit in fits):.4f}" if fits else "–"


def _seconds(fits: Sequence[Fit]) -> str:
    return f"{mean(fit.fit_s for fit in fits):.2f}" if fits else "–"


def _shown(found: Difference, metric: str) -> str:
    if metric == "rmse":
        return f"{found.mean:+.2%} [{found.low:+.2%}, {found.high:+.2%}]"
    return f"{found.mean:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"
