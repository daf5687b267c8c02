"""All attacks on the same answers, and the one that finds most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tfx_pipeline.evaluation.risk.membership.rates import Floats, Rate, found_rate
from tfx_pipeline.evaluation.risk.membership.scores import Attack, suspicion, yardstick_of

_CONFIDENCE = 0.95
OFTEN, RARELY = 0.01, 0.001
"""Rates at which strangers are accused."""
_BY_REFERENCES: tuple[Attack, ...] = ("rmia", "lira")


@dataclass(frozen=True)
class Outcome:
    """What an attack found.

    Attributes:
        attack: see `scores`.
        references: whose answers it compares with: a name in `Attacker.unseen`; empty: none.
        often: at a rate of 1 % of strangers accused.
        rarely: at 0.1 %; None: too few strangers.
    """

    attack: Attack
    references: str
    often: Rate
    rarely: Rate | None


@dataclass(frozen=True)
class Attacker:
    """Somebody who has rows with labels, and models that never saw them.

    Attributes:
        task: of the model.
        members: how many of the rows are; they are first.
        unseen: evidence of reference models by their name, `[models, rows]` each.
    """

    task: str
    members: int
    unseen: Mapping[str, Floats]

    @property
    def attempts(self) -> int:
        """Count the attacks that `outcomes` makes."""
        return 1 + len(_BY_REFERENCES) * len(self.unseen)

    def outcomes(self, evidence: Floats) -> list[Outcome]:
        """Make all attacks on answers with this evidence, `[rows]`; the best is first.

        The intervals hold for all of them together (Bonferroni), so that the best may be chosen.
        """
        tried: list[tuple[Attack, str]] = [("loss", "")]
        tried += [(attack, name) for name in self.unseen for attack in _BY_REFERENCES]
        made = [self._outcome(attack, name, evidence) for attack, name in tried]
        return sorted((x for x in made if x), key=lambda x: (-x.often.low, -x.often.value))

    def _outcome(self, attack: Attack, references: str, evidence: Floats) -> Outcome | None:
        name = references or next(iter(self.unseen))  # whose spread is the yardstick
        unseen = self.unseen[name]
        yardstick = yardstick_of(self.task, unseen)
        scores = suspicion(attack, self.task, evidence, unseen, yardstick)
        sure = 1 - (1 - _CONFIDENCE) / self.attempts
        often = found_rate(scores, self.members, OFTEN, sure)
        rarely = found_rate(scores, self.members, RARELY, sure)
        return None if often is None else Outcome(attack, references, often, rarely)
