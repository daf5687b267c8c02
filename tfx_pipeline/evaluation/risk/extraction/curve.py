"""How well copies agree with the model, by what is asked, what is given, and how often.

Terms:
    given, agreement: see `copies`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tfx_pipeline.evaluation.risk.extraction.copies import (
    Agreement,
    Asked,
    agreement,
    copy_of_answers,
    copy_of_classes,
    copy_of_labels,
)
from tfx_pipeline.evaluation.risk.surrogates import Kind

Source = Literal["rows like the eval split", "made-up rows"]
LIKE_EVAL: Source = "rows like the eval split"
MADE_UP: Source = "made-up rows"
ANSWERS, CLASS_ALONE, LABELS = "answers", "class alone", "true labels, nothing asked"
_FITS = {ANSWERS: copy_of_answers, CLASS_ALONE: copy_of_classes, LABELS: copy_of_labels}
_KINDS: tuple[Kind, ...] = ("linear", "trees")
_GROWTH = 3.5
"""A point has three times the rows of the one before, and takes at most so many times as long."""


@dataclass(frozen=True)
class Point:
    """The best of several copies.

    Attributes:
        queries: rows it was fitted to.
        source: which ones.
        given: `answers`, `class alone`, or true labels: a copy that needs no model at all.
        copy: what kind of model it is.
        agreement: with the model, on other rows.
    """

    queries: int
    source: Source
    given: str
    copy: Kind
    agreement: Agreement


@dataclass(frozen=True)
class Curve:
    """Points in the order in which they were made; `stopped`: the queries that took too long."""

    points: list[Point]
    stopped: int | None


def curve(
    asked: Mapping[Source, Asked],
    test: Asked,
    is_code: Sequence[bool],
    queries: Sequence[int],
    until: float,
    seed: int,
) -> Curve:
    """Fit copies to more and more answers.

    Args:
        asked: rows of each source, of which the first are taken.
        test: other rows like the eval split.
        is_code: of the matrices' columns.
        queries: how many are asked, ascending; as many as there are where there are fewer.
        until: moment of `time.monotonic` by which all should be done; the first point is made.
        seed: of what is random.
    """
    points: list[Point] = []
    took = 0.0
    for count in queries:
        began = time.monotonic()
        if points and began + _GROWTH * took > until:
            return Curve(points, count)
        for source, rows in asked.items():
            taken = rows.of(slice(count))
            if len(taken) == _most(points, source):
                continue
            points += _points(taken, source, test, is_code, seed)
        took = time.monotonic() - began
    return Curve(points, None)


def _most(points: Sequence[Point], source: Source) -> int:
    return max((each.queries for each in points if each.source == source), default=0)


def _points(
    taken: Asked, source: Source, test: Asked, is_code: Sequence[bool], seed: int
) -> list[Point]:
    """Fit copies to all that is given of these rows.

    A made-up row has no label, and a number is no class. Who has answers has their classes too, so
    that a copy of these is his as well, where it is better.
    """
    made: dict[str, list[Point]] = {}
    classes = [] if test.scored.task == "regression" else [CLASS_ALONE]
    for given in (*classes, ANSWERS, *([LABELS] if source == LIKE_EVAL else [])):
        made[given] = []
        for kind in _KINDS:
            copied = _FITS[given](kind, taken, is_code, seed)(test.matrix)
            judged = agreement(copied, test, seed)
            made[given].append(Point(len(taken), source, given, kind, judged))
    own = (replace(each, given=ANSWERS) for each in made.get(CLASS_ALONE, ()))
    made[ANSWERS] += own
    return [max(each, key=lambda x: x.agreement.value) for each in made.values()]
