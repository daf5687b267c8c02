"""What is seen first: the verdict, and the figures that say most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts
from tfx_pipeline.evaluation.metric_names import MAIN_METRIC
from tfx_pipeline.report.facts.run_facts import Missing, RunFacts
from tfx_pipeline.report.page.blocks import Mark, Tile
from tfx_pipeline.report.page.sections.risks import MARKS
from tfx_pipeline.report.page.wording import NOTHING, duration, ends, moment, number
from tfx_pipeline.wording import percent

_WORDS: dict[str, tuple[str, Mark]] = {
    "pushed": ("Pushed", "good"),
    "refused": ("Refused", "bad"),
    "failed": ("Failed", "bad"),
    "interrupted": ("Interrupted", "warn"),
    "partial": ("Not pushed, as asked", "plain"),
    "running": ("Not finished", "warn"),
}
_MOST_METRICS = 3
_ANSWERS = ("refused", "accepted", "warned", "passed", "not applicable")
"""Of the risk checks, what matters most first."""


@dataclass(frozen=True)
class Headline:
    """The head of the page.

    Attributes:
        word: the verdict.
        mark: of it.
        began: when the run began.
        tiles: figures.
        missing: what is not there any more.
    """

    word: str
    mark: Mark
    began: str
    tiles: Sequence[Tile]
    missing: Sequence[Missing]


def headline(facts: RunFacts) -> Headline:
    """Choose what is seen first."""
    word, mark = _WORDS[facts.run.status]
    return Headline(word, mark, moment(facts.run.began), [*_tiles(facts)], facts.missing)


def told_first(evaluation: EvaluationFacts, decided: str) -> list[str]:
    """Order the metrics: the one that decided, the main one, the others.

    Beside its root, a mean squared error says nothing more, in a unit that nobody reads.
    """
    first = (decided, MAIN_METRIC.get(evaluation.task, ""))
    names = [*(x for x in first if x in evaluation.metrics), *evaluation.metrics]
    is_doubled = "rmse" in names and decided != "mse"
    return [name for name in dict.fromkeys(names) if not (is_doubled and name == "mse")]


def _tiles(facts: RunFacts) -> Iterator[Tile]:
    evaluation = facts.evaluation
    if evaluation and evaluation.metrics:
        for name in told_first(evaluation, facts.decision.figure)[:_MOST_METRICS]:
            found = evaluation.metrics[name]
            interval = ends(found)
            yield Tile(
                name,
                number(found.value),
                f"{percent(evaluation.confidence)}: {interval}" if interval != NOTHING else "",
            )
    else:
        for name, value in [*facts.metrics.items()][:_MOST_METRICS]:
            yield Tile(name, number(value))
    if facts.risk:
        answers = Counter(
            "accepted" if check.accepted and check.findings else check.answer
            for check in facts.risk.checks
        )
        given = [answer for answer in _ANSWERS if answers[answer]]
        others = [f"{answers[answer]} {answer}" for answer in given[1:]]
        words = ", ".join([given[0], *others])
        yield Tile("risk checks", f"{answers[given[0]]}", words, MARKS.get(given[0], "warn"))
    if rows := facts.data.rows:
        splits = (f"{x} {rows[x]:,}" for x in ("train", "eval") if x in rows)
        yield Tile("rows", f"{rows.get('read', sum(rows.values())):,}", ", ".join(splits))
    ran = sum(step.state != "cached" for step in facts.steps)
    yield Tile("time", duration(facts.run.seconds), f"{ran} of {len(facts.steps)} steps ran")
