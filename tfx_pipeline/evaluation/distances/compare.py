"""Which columns of a sample moved away from a reference.

A column moved when both hold:
    its distance is more than chance makes, all columns together: the p-values are corrected by
    Holm's procedure, which keeps the probability of even one false alarm below `alpha`, however
    many columns there are and however they depend on one another. (Benjamini and Hochberg bound the
    share of false alarms among the alarms, and ask for a kind of dependency; but one false alarm
    may refuse a run.) Source: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    it is large enough to matter: what is left of it beyond chance reaches `min_distance`. Of
    millions of rows, every trifle is more than chance makes. A normal distribution that moves by
    0.2 of its deviation has 0.085, by 0.12 it has 0.05; a share that grows from 1 % to 3 %, 0.06.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.distances.columns import (
    Categories,
    Column,
    Numbers,
    distinct_share,
)
from tfx_pipeline.evaluation.distances.histograms import Histogram
from tfx_pipeline.evaluation.distances.null_distribution import DRAWS, chance_of, divergence
from tfx_pipeline.wording import counted

_SHOWN_BINS = 3
_FEWEST_ROWS = 30  # with fewer, chance is not known well enough to judge a thousand columns
_ALMOST_ALL, _MOST = 0.95, 0.5
_FEWER_DRAWS, _MANY_COLUMNS = 250, 200  # mean and deviation do, and time grows with columns


@dataclass(frozen=True)
class Bounds:
    """What makes a difference one; see above.

    `seed` is of the draws.
    """

    alpha: float
    min_distance: float
    seed: int = 0


@dataclass(frozen=True)
class Bin:
    """A bin that moved: its share of the reference's rows, and of the others."""

    name: str
    before: float
    after: float

    def __str__(self) -> str:
        return f"{self.name}: {_percent(self.before)} -> {_percent(self.after)}"


@dataclass(frozen=True)
class Comparison:
    """What came of a column.

    Attributes:
        feature: its name.
        unjudged: why it cannot move; empty: it can.
        distance: Jensen-Shannon's, 0 to 1.
        chance_95: distance that chance alone exceeds once in 20 times.
        chance_99: once in 100 times.
        beyond_chance: what is left of the distance without what chance adds on average.
        p_value: of the distance, corrected for all columns.
        reference_rows: rows of the reference, copies counted once.
        rows: of the other sample, likewise.
        moved: whether it moved.
        bins: those that moved most, the first by most.
    """

    feature: str
    unjudged: str = ""
    distance: float | None = None
    chance_95: float | None = None
    chance_99: float | None = None
    beyond_chance: float | None = None
    p_value: float | None = None
    reference_rows: int = 0
    rows: int = 0
    moved: bool = False
    bins: tuple[Bin, ...] = ()

    def words(self) -> str:
        """Say it in one line, without the column's name."""
        return (
            f"distance {self.distance:.3f} (chance alone: {self.chance_95:.3f} at 95 %,"
            f" {self.chance_99:.3f} at 99 %; {self.reference_rows:,} and {self.rows:,} rows):"
            f" {'; '.join(map(str, self.bins))}"
        )

    def to_json(self) -> dict[str, Any]:
        """Give it as values of JSON."""
        return asdict(self)


def compare(
    reference: Mapping[str, Histogram],
    sample: Mapping[str, Column],
    rows: int,
    bounds: Bounds,
    unjudged: Mapping[str, str] = MappingProxyType({}),
) -> list[Comparison]:
    """Compare each column of a sample with the reference's histogram, in the sample's order.

    A column that the reference alone has comes last: it has no value in any row of the sample.

    Args:
        reference: by column.
        sample: by column.
        rows: of the sample, copies counted once: see `columns.effective_rows`.
        bounds: what makes a difference one.
        unjudged: columns that are measured and never said to have moved, and why.
    """
    draws = DRAWS if len(sample) <= _MANY_COLUMNS else _FEWER_DRAWS
    found = [
        _measure(name, reference.get(name), column, rows, bounds.seed, draws)
        for name, column in {**sample, **_vanished(reference, sample)}.items()
    ]
    found = [
        replace(each, unjudged=unjudged[each.feature]) if each.feature in unjudged else each
        for each in found
    ]
    judged = [i for i, each in enumerate(found) if not each.unjudged and each.p_value is not None]
    corrected = holm([found[i].p_value or 0.0 for i in judged])
    for i, p_value in zip(judged, corrected, strict=True):
        is_large = (found[i].beyond_chance or 0.0) >= bounds.min_distance
        found[i] = replace(found[i], p_value=p_value, moved=p_value <= bounds.alpha and is_large)
    return found


def _vanished(
    reference: Mapping[str, Histogram], sample: Mapping[str, Column]
) -> dict[str, Column]:
    """Give the columns that a sample does not have, as one row without a value."""
    nothing: dict[str, Column] = {
        "numbers": Numbers(np.full(1, np.nan)),
        "categories": Categories(np.full(1, -1), ()),
    }
    return {name: nothing[x.kind] for name, x in reference.items() if name not in sample}


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for being several, by Holm's procedure."""
    values = np.asarray(p_values, np.float64)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    raised = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    corrected = np.empty_like(raised)
    corrected[order] = raised
    return corrected.tolist()


def _measure(
    name: str,
    reference: Histogram | None,
    column: Column,
    rows: int,
    seed: int,
    draws: int,
) -> Comparison:
    if reference is None:
        return Comparison(name, "the reference does not have it")
    counts = reference.count(column)
    if counts is None:
        now = "numbers" if reference.kind == "categories" else "texts"
        return Comparison(name, f"its values are {now} now")
    before = np.array(reference.counts)
    if not before.sum() or not counts.sum():
        return Comparison(name, "there are no rows")
    shares = before / before.sum(), counts / counts.sum()
    divergent = float(divergence(*shares))
    # Seeded by the name as well: other columns change nothing.
    seeds = [seed, zlib.crc32(name.encode("utf-8", "surrogatepass"))]
    chance = chance_of(divergent, before, (reference.rows, rows), seeds, draws)
    return Comparison(
        name,
        too_few(reference.rows, rows) or _names_rows(reference, column),
        divergent**0.5,
        chance.quantile_95,
        chance.quantile_99,
        chance.beyond,
        chance.p_value,
        reference.rows,
        rows,
        bins=_most_moved(reference, *shares),
    )


def too_few(*samples: int) -> str:
    """Say that samples of so many rows cannot be compared; empty: they can."""
    fewest = min(samples)
    are = "is" if fewest == 1 else "are"
    return f"{counted(fewest, 'row')} {are} too few to tell" if fewest < _FEWEST_ROWS else ""


def _names_rows(reference: Histogram, column: Column) -> str:
    """Tell a column that names rows, or moments: its values are new because they must be."""
    share = distinct_share(column)
    if not isinstance(column, Numbers):
        if max(share, reference.distinct) <= _MOST:
            return ""
        return f"most of its values come once, as names of rows do ({share:.0%} are different)"
    if not column.is_whole or min(share, reference.distinct) < _ALMOST_ALL:
        return ""
    known = column.values[column.known]
    low, high = reference.low or 0.0, reference.high or 0.0
    outside = float(np.mean((known < low) | (known > high))) if len(known) else 0.0
    if outside <= _MOST:
        return ""
    return f"{outside:.0%} of its values lie beyond the reference's, as those of a counter do"


def _most_moved(reference: Histogram, before: NDArray[Any], after: NDArray[Any]) -> tuple[Bin, ...]:
    order = np.argsort(-np.abs(after - before), kind="stable")[:_SHOWN_BINS]
    return tuple(
        Bin(reference.names[i], float(before[i]), float(after[i]))
        for i in order
        if before[i] != after[i]
    )


def _percent(share: float) -> str:
    digits = f"{100 * share:.0f}" if share >= 0.1 or not share else f"{100 * share:.2g}"
    return f"{digits} %"
