"""Asking a model many changed rows within a time.

Terms:
    question: rows in which some columns differ from those that they come from.
    probabilities: answers as `[rows, classes] float64`; of regression `[rows, 1]`, the number.
        A row whose answer is none (not finite, no probability) is NaN in all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.subject import Columns, Subject
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.wording import shortened

_ROWS_AT_ONCE = 16_384
_CELLS_AT_ONCE = 4_000_000
_CALL_S = 1.0
"""A call lasts about so long at most, or a slow model would overrun the time by far."""
_WARM_ROWS = 64


@dataclass(frozen=True)
class Failure:
    """A model that did not answer.

    Attributes:
        words: what it raised, in one line.
    """

    words: str


def halved(wanted: int, most: float) -> int:
    """Halve a number of rows until it is no more than `most`.

    What there is time for differs from run to run. So it does not move the figures of a model: a
    little more or less time gives the same rows.
    """
    while wanted > most:
        wanted //= 2
    return wanted


class Questions:
    """Puts questions to a subject's model, and keeps the time."""

    def __init__(
        self, subject: Subject, budget_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin; from now on `budget_s` seconds may pass."""
        self._subject, self._clock = subject, clock
        self._until = clock() + budget_s
        self._rows, self._spent_s = 0, 0.0

    @property
    def left_s(self) -> float:
        """Seconds until the time is over; negative: it is."""
        return self._until - self._clock()

    @property
    def rows_per_s(self) -> float:
        """Rows that the model answers in a second, of the calls so far."""
        return self._rows / self._spent_s if self._spent_s > 0 else np.inf

    def begin(self, base: Columns) -> NDArray[np.float64] | Failure:
        """Ask rows as they are, after a small call in which the model may load what it needs."""
        self.ask({name: column[:_WARM_ROWS] for name, column in base.items()})
        self._rows, self._spent_s = 0, 0.0
        return self.ask(base)

    def affordable(self, questions: int, wanted: int, share: float = 1.0) -> int:
        """Say how many rows so many questions may have to end within a share of the time left.

        All that are wanted, or see `halved`.
        """
        most = self.rows_per_s * max(0.0, self.left_s) * share / max(1, questions)
        return halved(wanted, most)

    def ask(self, columns: Columns) -> NDArray[np.float64] | Failure:
        """Ask once: probabilities, or why there are none."""
        rows = len(next(iter(columns.values())))
        began = self._clock()
        try:
            answers = np.asarray(self._subject.predict(columns))
        except Exception as error:  # a model may be anybody's code, and raise anything
            first = (str(error).strip().splitlines() or [""])[0]
            return Failure(shortened(f"{type(error).__name__}: {first}", 200))
        self._rows += rows
        self._spent_s += self._clock() - began
        if len(answers) != rows:
            return Failure(f"{len(answers):,} answers to {rows:,} rows")
        return probabilities(self._subject, answers)

    def ask_all(
        self, base: Columns, questions: Sequence[Columns]
    ) -> list[NDArray[np.float64] | Failure]:
        """Ask questions together, as many as the time allows; it gives the first ones' answers.

        Args:
            base: all features, `[rows]` each.
            questions: the columns in which each differs from it, likewise.
        """
        answers: list[NDArray[np.float64] | Failure] = []
        while len(answers) < len(questions) and (self.left_s > 0 or not answers):
            part = questions[len(answers) :][: self._at_once(base)]
            answers += self._ask_together(base, part)
        return answers

    def _at_once(self, base: Columns) -> int:
        rows = max(1, len(next(iter(base.values()))))
        most = min(_ROWS_AT_ONCE, _CELLS_AT_ONCE / len(base), self.rows_per_s * _CALL_S)
        return max(1, int(most / rows))

    def _ask_together(
        self, base: Columns, part: Sequence[Columns]
    ) -> list[NDArray[np.float64] | Failure]:
        rows = len(next(iter(base.values())))
        columns = {name: np.tile(column, len(part)) for name, column in base.items()}
        for place, question in enumerate(part):
            for name, column in question.items():
                columns[name][place * rows : (place + 1) * rows] = column
        answers = self.ask(columns)
        if not isinstance(answers, Failure):
            return [answers[place * rows : (place + 1) * rows] for place in range(len(part))]
        if len(part) == 1:
            return [answers]
        return [self._ask_together(base, [question])[0] for question in part]  # which one is it?


def probabilities(subject: Subject, answers: NDArray[Any]) -> NDArray[np.float64]:
    """Write answers as probabilities, see above; they are clipped to what those can be."""
    rows = ScoredRows(subject.task, len(subject.classes), np.zeros(len(answers)), answers)
    bad = rows.answer_is_bad
    found = answers.astype(np.float64)
    if subject.task == "regression":
        found = found.reshape(-1, 1)
    else:
        found = np.clip(found, 0, 1)
        found = np.stack([1 - found, found], axis=1) if subject.task == "binary" else found
    found[bad] = np.nan
    return found


def chosen(subject: Subject, answers: NDArray[np.float64]) -> NDArray[np.int64]:
    """Give the class that each answer is for, `[rows]`; there is none of regression."""
    if subject.task == "binary":
        return (answers[:, 1] > subject.threshold).astype(np.int64)
    return np.argmax(np.nan_to_num(answers, nan=-1.0), axis=1)


def distances(
    subject: Subject, first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Say how far answers are apart, `[rows]`: half the sum over the classes, or of the number.

    For classes it is the distance of total variation, 0 to 1: of a binary task, that of the
    probabilities.
    """
    apart = np.abs(first - second).sum(axis=1)
    return apart if subject.task == "regression" else apart / 2


def losses(
    subject: Subject, labels: NDArray[np.float64], answers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give each row's loss: `[rows]`.

    For classes the quadratic score, 0 to 1, which one sure error does not decide: half the sum of
    squares over the classes (G. Brier, Verification of forecasts expressed in terms of probability,
    Monthly Weather Review 78 (1950) 1-3). Of regression the absolute error.
    """
    if subject.task == "regression":
        return np.abs(answers[:, 0] - labels)
    truth = np.eye(answers.shape[1])[labels.astype(int)]
    return np.square(answers - truth).sum(axis=1) / 2
