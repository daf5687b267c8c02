"""Sets of rows with more errors than the model itself foretells.

Of classes: k errors where sum(1 - sureness) = m are foretold. Under probabilities that are right, k
is a sum of independent events; a Poisson number of the same mean is spread wider, so that
    p = P(Poisson(m) >= k)
is not too small (Hoeffding, On the distribution of the number of successes in independent trials,
1956). Of numbers: the mean error of n rows, over s / sqrt(n) by the deviation s of all errors, is
about normal when the answers are right on average. All p are Bonferroni's: times the number of
sets.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.subject import Domain, Subject
from tfx_pipeline.evaluation.risk.worst_rows.losses import RowLosses

_BINS = 5


@dataclass(frozen=True)
class RowSet:
    """Rows that share something: `places` among those of `RowLosses`, and in words what."""

    words: str
    feature: str
    places: NDArray[np.intp]


@dataclass(frozen=True)
class Excess:
    """What was counted in a set.

    Attributes:
        rows: in it.
        errors: that were made; of numbers, the mean error.
        foretold: by the model; of numbers, 0.
        ratio: errors over those foretold; of numbers, the mean error in standard deviations and a
            half more, so that one threshold fits both.
        p: see the module's terms, before Bonferroni.
    """

    of: RowSet
    rows: int
    errors: float
    foretold: float
    ratio: float
    p: float


def known_rows(subject: Subject, rows: RowLosses) -> RowLosses:
    """Keep the eval rows that hold only what the training has seen.

    Others are for `robustness` and `shift`: no probability is to be trusted there.
    """
    is_known = np.ones(len(rows.places), bool)
    for name, domain in subject.domains.items():
        column = subject.eval.columns[name][rows.places]
        if domain.kind == "text":  # a domain names the most frequent ones alone
            seen = {"", *domain.values, *subject.train.columns[name].tolist()}
            is_known &= np.array([value in seen for value in column.tolist()], bool)
        else:
            is_known &= np.isnan(column) | ((column >= domain.low) & (column <= domain.high))
    return RowLosses(
        rows.places[is_known], rows.losses[is_known], rows.errors[is_known], rows.sureness[is_known]
    )


def row_sets(
    columns: Mapping[str, NDArray[Any]], domains: Mapping[str, Domain], places: NDArray[np.intp]
) -> Iterator[RowSet]:
    """Divide rows by each feature: by value where it has few, else by fifths; and by missing."""
    for name, domain in domains.items():
        column = columns[name][places]
        if domain.kind == "text":
            is_missing = column == ""
            for value in domain.values:
                yield RowSet(f"`{name}` = {value!r}", name, np.flatnonzero(column == value))
        else:
            is_missing = np.isnan(column)
            for words, is_in in _number_sets(column[~is_missing]):
                yield RowSet(f"`{name}` {words}", name, np.flatnonzero(~is_missing)[is_in])
        yield RowSet(f"`{name}` missing", name, np.flatnonzero(is_missing))


def _number_sets(known: NDArray[Any]) -> Iterator[tuple[str, NDArray[np.intp]]]:
    values = np.unique(known)
    if len(values) <= 2 * _BINS:
        for value in values:
            yield f"= {value:.6g}", np.flatnonzero(known == value)
        return
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)))
    for low, high in itertools.pairwise(edges):
        is_last = high == edges[-1]
        is_in = (known >= low) & ((known <= high) if is_last else (known < high))
        yield f"from {low:.4g} to {high:.4g}", np.flatnonzero(is_in)


def excess_of(rows: RowLosses, each: RowSet, *, regression: bool, times: float = 1.0) -> Excess:
    """Count the errors of a set; those foretold count `times`, as all rows together have them."""
    from scipy import stats

    errors, count = rows.errors[each.places], len(each.places)
    if regression:
        deviation = float(rows.errors.std()) or 1.0
        mean = float(errors.mean()) - float(rows.errors.mean())
        score = abs(mean) / deviation * np.sqrt(count)
        p = 2 * float(stats.norm.sf(score))
        return Excess(each, count, mean, 0.0, abs(mean) / deviation + 0.5, p)
    foretold = float((1 - rows.sureness[each.places]).sum()) * times
    wrong = float(errors.sum())
    p = float(stats.poisson.sf(wrong - 1, foretold))
    return Excess(each, count, wrong, foretold, wrong / max(foretold, 1e-9), p)
