"""How many odd rows a model answers as if it knew them: what it remembers, not what it learned.

An honest model cannot know an odd label; one that answers nearly all of those that it was trained
on has them by heart. An attacker who sees classes alone gains little by that, so that his hits do
not show it. After V. Feldman and C. Zhang, What Neural Networks Memorize and Why, NeurIPS 2020,
whose estimate needs models with and without each row: here strangers stand for "without".

Terms:
    odd: of a row, that models which never saw it give its label a likelihood under a half.
    known: of an odd row, that the model gives it one of more than a half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfx_pipeline.evaluation.intervals.of_rates import clopper_pearson
from tfx_pipeline.evaluation.risk.membership.rates import Floats
from tfx_pipeline.evaluation.risk.membership.scores import likelihood, mean_known, yardstick_of

_EVEN = 0.5


@dataclass(frozen=True)
class OddRows:
    """Odd rows of one kind: of members, or of strangers.

    Attributes:
        rows: all rows of the kind whose answers are known.
        odd: those that are odd.
        known: those of the odd ones that the model knows.
    """

    rows: int
    odd: int
    known: int

    @property
    def share(self) -> float:
        """Give the share of the odd rows that are known; NaN: there are none."""
        return self.known / self.odd if self.odd else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Give its exact interval by Clopper and Pearson, 95 %; NaN where there are none."""
        return clopper_pearson(self.known, self.odd)


def odd_rows(task: str, members: int, evidence: Floats, unseen: Floats) -> tuple[OddRows, OddRows]:
    """Count them among members and strangers.

    Args:
        task: of the model.
        members: how many of the rows are; they are first.
        evidence: `[rows]`, see `candidates`.
        unseen: `[models, rows]`, of models that never saw the row, see `scores`.
    """
    yardstick = yardstick_of(task, unseen)
    usual = mean_known(likelihood(task, unseen, yardstick))
    given = likelihood(task, evidence, yardstick)
    kinds = slice(None, members), slice(members, None)
    inside, outside = (_counted(usual[kind], given[kind]) for kind in kinds)
    return inside, outside


def _counted(usual: Floats, given: Floats) -> OddRows:
    both = ~(np.isnan(usual) | np.isnan(given))
    odd = both & (usual < _EVEN)
    return OddRows(int(both.sum()), int(odd.sum()), int((odd & (given > _EVEN)).sum()))
