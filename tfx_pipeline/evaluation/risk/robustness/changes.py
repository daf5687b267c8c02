"""What may go wrong with a feature between where it comes from and the model."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.asking.values import UNSEEN, is_code
from tfx_pipeline.evaluation.risk.subject import Columns, Domain, Subject

Kind: TypeAlias = Literal[
    "missing", "unseen", "at_range", "beyond_range", "unit", "swapped", "another_row"
]
"""As the configuration says; and the value of another row, which the others are measured by."""
_LARGEST_WHOLE = 2.0**53
_MILLISECONDS = 1000.0
_MOST_PAIRS = 10
_LEAST_OVERLAP = 0.5


@dataclass(frozen=True)
class Change:
    """One thing that goes wrong in all rows.

    Attributes:
        feature: whose it is.
        kind: of what kind.
        words: what it is, for people.
        columns: what the rows hold then, by feature: `[rows]` each.
    """

    feature: str
    kind: Kind
    words: str
    columns: Columns


def changeable(subject: Subject, switched_off: Mapping[str, str]) -> tuple[str, ...]:
    """List the features that can be changed: not those whose whole numbers float64 cannot hold."""
    return tuple(
        name
        for name in subject.features
        if name not in switched_off
        and not _is_beyond_float64(subject.eval.columns[name], subject.domains[name])
    )


def _is_beyond_float64(column: NDArray[Any], domain: Domain) -> bool:
    if domain.kind != "number" or not domain.whole:
        return False
    numbers = np.abs(np.asarray(column, np.float64))
    return bool((numbers[np.isfinite(numbers)] > _LARGEST_WHOLE).any())


def changes_of(
    subject: Subject, name: str, base: Columns, units: Sequence[float]
) -> Iterator[Change]:
    """List what may go wrong with one feature of rows `base`."""
    column, domain = base[name], subject.domains[name]
    rows = len(column)
    draw = np.random.default_rng([subject.seed, 1])
    shuffled = column[draw.permutation(rows)]
    yield Change(name, "another_row", "the value of another row", {name: shuffled})
    if domain.kind == "text":
        yield Change(name, "missing", "missing", {name: np.full(rows, "", object)})
        unseen = np.array(UNSEEN, object)[np.arange(rows) % len(UNSEEN)]
        yield Change(name, "unseen", "a value never seen in training", {name: unseen})
        return
    yield Change(name, "missing", "missing", {name: np.full(rows, np.nan)})
    yield from _of_numbers(name, column, domain, units)


def _of_numbers(
    name: str, column: NDArray[Any], domain: Domain, units: Sequence[float]
) -> Iterator[Change]:
    low, high = domain.low, domain.high
    if np.isfinite(low) and np.isfinite(high):
        width = (high - low) or max(abs(high), 1.0)
        if is_code(domain):
            unseen = np.floor(high + 1 + np.arange(len(column)) % len(UNSEEN))
            yield Change(name, "unseen", "a value never seen in training", {name: unseen})
            return
        for kind, words, value in (
            ("at_range", "the smallest number of training", low),
            ("at_range", "the largest number of training", high),
            ("beyond_range", "below that of training by its range", low - width),
            ("beyond_range", "above that of training by its range", high + width),
        ):
            yield Change(name, kind, words, {name: np.full(len(column), value)})  # type: ignore[arg-type]
    if is_code(domain):
        return
    if domain.feature_kind == "timestamp":
        units = (_MILLISECONDS,)
    for factor, sign in itertools.product(units, "×÷"):
        with np.errstate(over="ignore"):
            changed = column * factor if sign == "×" else column / factor
        changed = np.round(changed) if domain.whole else changed
        yield Change(name, "unit", f"{sign} {factor:g}", {name: changed})


def swaps(subject: Subject, names: Sequence[str], base: Columns) -> Iterator[Change]:
    """Exchange features that could be mistaken for each other: the most alike ones, ten pairs."""
    alike = [
        (likeness, first, second)
        for of_kind in _by_type(subject, names)
        for likeness, first, second in _alike(subject, of_kind, base)
    ]
    for _, first, second in sorted(alike, key=lambda pair: -pair[0])[:_MOST_PAIRS]:
        exchanged = {first: base[second], second: base[first]}
        yield Change(first, "swapped", f"swapped with {second}", exchanged)


def _by_type(subject: Subject, names: Sequence[str]) -> list[list[str]]:
    groups: dict[tuple[Any, ...], list[str]] = {}
    for name in names:
        domain = subject.domains[name]
        groups.setdefault((domain.kind, domain.whole, is_code(domain)), []).append(name)
    return list(groups.values())


def _alike(
    subject: Subject, names: Sequence[str], base: Columns
) -> Iterator[tuple[float, str, str]]:
    if subject.domains[names[0]].kind == "text":
        values = {name: set(subject.domains[name].values) for name in names}
        for first, second in itertools.combinations(names, 2):
            union = len(values[first] | values[second])
            likeness = len(values[first] & values[second]) / union if union else 0.0
            if likeness >= _LEAST_OVERLAP:
                yield likeness, first, second
        return
    # Where most of the numbers are: an outlier makes any two ranges overlap.
    known = {
        name: column[np.isfinite(column)] for name in names if (column := base[name]) is not None
    }
    names = [name for name in names if len(known[name])]
    if not names:
        return
    low, high = np.array([np.quantile(known[name], [0.05, 0.95]) for name in names]).T
    shared = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    widest = np.maximum((high - low)[:, None], high - low)
    likeness = np.divide(shared, widest, out=np.zeros_like(shared), where=widest > 0)
    for first, second in zip(*np.nonzero(np.triu(likeness >= _LEAST_OVERLAP, 1)), strict=True):
        yield float(likeness[first, second]), names[first], names[second]
