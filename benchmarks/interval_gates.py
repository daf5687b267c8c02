"""What gates make of intervals; slices and gaps at once; rows that come in clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from statistics import NormalDist
from typing import Any

import interval_rows
import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.intervals.of_metrics import metric_intervals
from tfx_pipeline.evaluation.intervals.of_slices import slice_intervals
from tfx_pipeline.evaluation.intervals.of_statistics import gap_intervals
from tfx_pipeline.evaluation.judged import answer_of_change
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows

_RHOS = (0.9, 0.99)
_LOSS = 0.01
_NAMES = ("auc", "log_loss", "accuracy", "mean_prediction")
_BIG = 1_000_000


def exchangeable(simulations: int) -> str:
    """How often one of two equally good models is refused."""
    names = ("auc", "log_loss", "accuracy", "f1")
    lines = [
        "## Equally good models that are refused, in per cent\n",
        "Asked for: at most 2.5. Refused is an answer `worse` with no margin.\n",
        "| rows, prevalence, ρ | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    for rows, prevalence, rho in product((200, 2000, 10_000), (0.05, 0.5), _RHOS):
        draw = interval_rows.binary(prevalence, 1.8, 1.8)
        shares = _refused(draw, rows, rho, dict.fromkeys(names, (0.0,)), simulations)
        cells = " | ".join(f"{100 * shares[name][0]:.1f}" for name in names)
        lines.append(f"| {rows:,}, {prevalence:.0%}, {rho:g} | {cells} |")
    return "\n".join(lines) + "\n"


def power(simulations: int) -> str:
    """How often a model that loses 0.01 of AUC is refused at 10,000 rows."""
    good = interval_rows.SHARP
    normal = NormalDist()
    bad = 2**0.5 * normal.inv_cdf(normal.cdf(good / 2**0.5) - _LOSS)
    lines = [
        "## A loss of 0.01 AUC at 10,000 rows that is refused, in per cent\n",
        "| prevalence, ρ | margin 0 | margin 0.005 |",
        "|---|---|---|",
    ]
    for prevalence, rho in product((0.05, 0.2, 0.5), _RHOS):
        draw = interval_rows.binary(prevalence, bad, good)
        shares = _refused(draw, 10_000, rho, {"auc": (0.0, 0.005)}, simulations)["auc"]
        cells = " | ".join(f"{100 * share:.1f}" for share in shares)
        lines.append(f"| {prevalence:.0%}, {rho:g} | {cells} |")
    return "\n".join(lines) + "\n"


def _refused(
    draw: interval_rows.Draw,
    rows: int,
    rho: float,
    margins: Mapping[str, tuple[float, ...]],
    simulations: int,
) -> dict[str, list[float]]:
    """Give by metric the share of refusals at each margin."""
    random = np.random.default_rng([rows, int(100 * rho)])
    refused = {name: np.zeros(len(each)) for name, each in margins.items()}
    for _ in range(simulations):
        candidate, baseline = draw(random, rows, rho)
        losses = loss_intervals(list(margins), candidate, baseline, Resampling())
        for name, loss in losses.items():
            refused[name] += [answer_of_change(loss, each) == "worse" for each in margins[name]]
    return {name: (count / simulations).tolist() for name, count in refused.items()}


def slices(simulations: int) -> str:
    """How often 20 slices hold all of their true figures, and clusters theirs."""
    simulations = simulations // 8
    lines = [
        "## Slices at once, clusters, gaps\n",
        f"{simulations:,} simulations. All of the intervals hold, in per cent:\n",
        "| | " + " | ".join(_NAMES) + " |",
        "|---" * (len(_NAMES) + 1) + "|",
    ]
    for words, rows, members in (
        ("20 slices of 100 rows", 2000, _apart),
        ("20 slices of 1,000 rows", 20_000, _apart),
        ("20 slices that share half of their rows", 4000, _overlapping),
    ):
        lines.append(f"| {words} | " + _cells(_slice_shares(rows, members, simulations)) + " |")
    for clusters, rows in ((40, 10), (400, 5)):
        shares = _cluster_shares(clusters, rows, simulations)
        lines.append(f"| {clusters} clusters of {rows} rows on average | " + _cells(shares) + " |")
    held = _gap_share(simulations)
    lines += [
        "",
        f"The gaps of six groups of 100 rows in two rates (12 figures): {100 * held:.1f}.",
    ]
    return "\n".join(lines) + "\n"


def _cells(shares: Mapping[str, float]) -> str:
    return " | ".join(f"{100 * shares[name]:.1f}" for name in _NAMES)


def _apart(random: np.random.Generator, rows: int) -> list[NDArray[Any]]:
    return list(random.permutation(rows).reshape(20, -1))


def _overlapping(random: np.random.Generator, rows: int) -> list[NDArray[Any]]:
    return [random.choice(rows, rows // 2, replace=False) for _ in range(20)]


def _slice_shares(
    rows: int,
    members: Callable[[np.random.Generator, int], list[NDArray[Any]]],
    simulations: int,
) -> dict[str, float]:
    random, draw = np.random.default_rng(rows), interval_rows.binary(0.3)
    truth = _true(draw(np.random.default_rng(7), _BIG, 0.0)[0])
    held = dict.fromkeys(_NAMES, 0)
    for _ in range(simulations):
        candidate, _ = draw(random, rows, 0.0)
        found = slice_intervals(_NAMES, candidate, members(random, rows), Resampling())
        for name in _NAMES:
            held[name] += all(holds(each[name], truth[name]) for each in found)
    return {name: count / simulations for name, count in held.items()}


def _cluster_shares(clusters: int, rows: int, simulations: int) -> dict[str, float]:
    """Draw clusters of 1 to twice as many rows, whose logits and noise share a part."""
    random = np.random.default_rng(clusters)
    truth = _true(_clustered(np.random.default_rng(7), _BIG // rows, rows)[0])
    held = dict.fromkeys(_NAMES, 0)
    for _ in range(simulations):
        candidate, keys = _clustered(random, clusters, rows)
        found = metric_intervals(_NAMES, candidate, Resampling(clusters=keys))
        for name in _NAMES:
            held[name] += holds(found[name], truth[name])
    return {name: count / simulations for name, count in held.items()}


def _clustered(
    random: np.random.Generator, clusters: int, rows: int
) -> tuple[ScoredRows, NDArray[Any]]:
    keys = np.repeat(np.arange(clusters), random.integers(1, 2 * rows, clusters))
    logits = random.normal(size=clusters)[keys] + random.normal(size=len(keys)) - 1
    labels = (random.random(len(keys)) < 1 / (1 + np.exp(-2 * logits))).astype(np.float64)
    noise = 0.5 * (random.normal(size=clusters)[keys] + random.normal(size=len(keys)))
    return ScoredRows("binary", 2, labels, 1 / (1 + np.exp(-logits - noise))), keys


def _gap_share(simulations: int) -> float:
    random, groups = np.random.default_rng(5), np.repeat(np.arange(6), 100)
    rates = np.array([0.1, 0.1, 0.2, 0.3, 0.3, 0.5])
    truth = np.concatenate([rates - rates @ np.full(6, 1 / 6), np.zeros(6)])
    held = 0
    for _ in range(simulations):
        hits, others = random.random(600) < rates[groups], random.random(600) < 0.5

        def statistic(
            weights: NDArray[Any], hits: NDArray[Any] = hits, others: NDArray[Any] = others
        ) -> NDArray[Any]:
            sizes = np.bincount(groups, weights)
            return np.concatenate(
                [
                    np.bincount(groups, weights * each) / sizes - weights @ each / weights.sum()
                    for each in (hits, others)
                ]
            )

        found = gap_intervals(statistic, 600, Resampling())
        held += all(holds(each, true) for each, true in zip(found, truth, strict=True))
    return held / simulations


def _true(rows: ScoredRows) -> dict[str, float]:
    return {name: compute(name, rows) for name in _NAMES}  # type: ignore[arg-type]


def holds(interval: Interval, truth: float) -> bool:
    """Say whether a true figure is inside; rounding aside."""
    slack = 1e-12 * max(1.0, abs(truth))
    return interval.low - slack <= truth <= interval.high + slack


TABLES: Mapping[str, Callable[[int], str]] = {
    "exchangeable": exchangeable,
    "power": power,
    "slices": slices,
}
