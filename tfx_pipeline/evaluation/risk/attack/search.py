"""A greedy search for changes that give another answer, over all rows at once.

In each step every move of every column that a row has not changed yet is tried, and each row keeps
the one that serves best; of one column this is exhaustive within the moves, of several greedy. It
asks for answers alone, as a caller can (black box). A restart takes another first step.

Sources: F. Cartella et al., Adversarial attacks for tabular data: application to fraud detection
and imbalanced data, SafeAI 2021 (columns that cannot be changed, and bounds); F. Croce and M. Hein,
Sparse and imperceivable adversarial attacks, ICCV 2019 (few coordinates).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.asking.questions import Failure, Questions, chosen, distances
from tfx_pipeline.evaluation.risk.asking.unchanged import Unchanged, flipped
from tfx_pipeline.evaluation.risk.attack.moves import Move, Mutable
from tfx_pipeline.evaluation.risk.subject import Columns, Subject

_FIRST_MOVES = 5
"""A restart takes one of so many best first moves."""

Tried: TypeAlias = tuple[Move, NDArray[np.float64], NDArray[np.float64]]
"""A move, its answers, and how well it serves each row."""


@dataclass
class Attacked:
    """How far an attack came.

    Attributes:
        base: the rows before it.
        mutable: the columns that it could change.
        steps: distances that it moved numbers.
        columns: of the features, as it left them.
        changed: `[mutable, rows]`: how far each column was changed; 0: it was not.
        flipped_at: `[rows]`: how many columns it took to get another answer; 0: none did.
        answers: `[columns, rows, classes]`: after so many columns, first none.
        first: of each first move, whether a row's answer is another one, and its distance.
    """

    base: Unchanged
    mutable: Sequence[Mutable]
    steps: Sequence[float]
    columns: dict[str, NDArray[Any]]
    changed: NDArray[np.float64]
    flipped_at: NDArray[np.int64]
    answers: NDArray[np.float64]
    first: list[tuple[Move, NDArray[np.bool_]]]


class Search:
    """Attacks rows."""

    def __init__(
        self,
        subject: Subject,
        questions: Questions,
        mutable: Sequence[Mutable],
        steps: Sequence[float],
    ) -> None:
        """`steps`: distances that numbers may move."""
        self._subject, self._questions = subject, questions
        self._mutable, self._steps = mutable, steps
        self._places = {each.name: place for place, each in enumerate(mutable)}

    def attack(self, base: Unchanged, most_columns: int, restarts: int) -> Attacked:
        """Change up to so many columns of each row."""
        first = self._tried(base, base.columns, np.zeros((len(self._mutable), len(base))))
        scores = np.stack([score for _, _, score in first]) if first else np.zeros((0, len(base)))
        reached = self._walk(base, most_columns, first, np.argmax(scores, axis=0))
        draw = np.random.default_rng([self._subject.seed, 5])
        for _ in range(restarts if most_columns > 1 else 0):
            rows = np.flatnonzero(reached.flipped_at == 0)
            if not len(rows) or not len(first) or self._questions.left_s <= 0:
                break
            best = np.argsort(-scores[:, rows], axis=0)[:_FIRST_MOVES]
            taken = best[draw.integers(len(best), size=len(rows)), np.arange(len(rows))]
            few = [(_of_rows(move, rows), found[rows], score[rows]) for move, found, score in first]
            again = self._walk(base.of_rows(rows), most_columns, few, taken)
            _keep_better(self._subject, reached, again, rows)
        return reached

    def _tried(
        self, base: Unchanged, columns: Columns, changed: NDArray[np.float64]
    ) -> list[Tried]:
        """Ask every move: with the answers, and how well each serves a row."""
        moves = [
            move
            for each in self._mutable
            for move in each.moves(base.columns[each.name], self._steps)
        ]
        asked = [
            {move.feature: np.where(self._may(move, changed), move.values, columns[move.feature])}
            for move in moves
        ]
        answers = self._questions.ask_all(columns, asked) if moves else []
        return [
            (move, found, self._score(base, move, found, changed))
            for move, found in zip(moves, answers, strict=False)
            if not isinstance(found, Failure)
        ]

    def _may(self, move: Move, changed: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (changed[self._places[move.feature]] == 0) & (move.distances > 0)

    def _score(
        self,
        base: Unchanged,
        move: Move,
        answers: NDArray[np.float64],
        changed: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Say how well a move serves each row; of those that do what is wanted, the nearest."""
        subject = self._subject
        good = np.isfinite(answers).all(axis=1) & self._may(move, changed)
        if subject.task == "regression":
            return np.where(good, distances(subject, answers, base.answers), -np.inf)
        rows = np.arange(len(answers))
        own = chosen(subject, base.answers)
        others = answers.copy()
        others[rows, own] = -np.inf
        score = others.max(axis=1) - answers[rows, own]
        does = flipped(subject, base, answers)
        return np.where(good, np.where(does, 3.0 - move.distances, score), -np.inf)

    def _walk(
        self,
        base: Unchanged,
        most_columns: int,
        first: Sequence[Tried],
        taken: NDArray[np.int64],
    ) -> Attacked:
        """Take first moves, then the best ones."""
        subject = self._subject
        rows = len(base)
        columns = {name: column.copy() for name, column in base.columns.items()}
        changed = np.zeros((len(self._mutable), rows))
        flipped_at = np.zeros(rows, np.int64)
        answers = np.repeat(base.answers[None], most_columns + 1, axis=0)
        singles = [(move, flipped(subject, base, found)) for move, found, _ in first]
        served = np.full(rows, -np.inf)
        for count in range(1, most_columns + 1):
            wants_more = (flipped_at == 0) | (subject.task == "regression")
            active = np.flatnonzero(wants_more)
            if count == 1:
                tried, best = list(first), taken
            else:
                some = {name: column[active] for name, column in columns.items()}
                tried = self._tried(base.of_rows(active), some, changed[:, active])
                best = _best(tried)
            for place, row in enumerate(active if tried else ()):
                move, found, score = tried[best[place]]
                if score[place] > served[row]:  # else to change more would serve less
                    served[row] = score[place]
                    columns[move.feature][row] = move.values[place]
                    changed[self._places[move.feature], row] = move.distances[place]
                    answers[count:, row] = found[place]
            does = flipped(subject, base, answers[count])
            flipped_at[does & (flipped_at == 0)] = count
            if self._questions.left_s <= 0:
                break
        return Attacked(
            base, self._mutable, self._steps, columns, changed, flipped_at, answers, singles
        )


def _best(
    tried: Sequence[Tried],
) -> NDArray[np.int64]:
    if not tried:
        return np.zeros(0, np.int64)
    return np.argmax(np.stack([score for _, _, score in tried]), axis=0)


def _of_rows(move: Move, rows: NDArray[np.int64]) -> Move:
    return Move(move.feature, move.values[rows], move.distances[rows])


def _keep_better(
    subject: Subject, reached: Attacked, again: Attacked, rows: NDArray[np.int64]
) -> None:
    """Put what a restart reached in the place of what was reached, where it is more."""
    if subject.task == "regression":
        moved, before = (
            distances(subject, each.answers[-1], each.base.answers) for each in (again, reached)
        )
        better = moved > before[rows]
    else:
        better = again.flipped_at > 0
    kept = rows[better]
    for name, column in reached.columns.items():
        column[kept] = again.columns[name][better]
    reached.changed[:, kept] = again.changed[:, better]
    reached.flipped_at[kept] = again.flipped_at[better]
    reached.answers[:, kept] = again.answers[:, better]
