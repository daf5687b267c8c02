"""Whether a model is blessed: its metrics against thresholds, a baseline, and a trivial answer.

Terms:
    threshold: bounds of a metric over all eval rows, see `verdict.Bounds`.
    change: how much worse than the baseline, the last blessed model, a metric is: in the direction
        that is worse, and of a metric that is best at an ideal value, in the distance to it.
    default gate: the model must beat the trivial answer, and not be worse than the baseline in the
        main metric. The first applies when nothing else can refuse: no threshold is configured, or
        only changes and none of them can be measured, since there is no baseline or it has no such
        metric; the second when no threshold is configured.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import Change, EvaluationFacts
from tfx_pipeline.evaluation.judged import (
    Judged,
    bounds_in_words,
    judge_bounds,
    judge_change,
    loss_in_words,
    with_interval,
)
from tfx_pipeline.evaluation.judged import figure_text as figure
from tfx_pipeline.evaluation.metric_names import BETTER, MAIN_METRIC, MetricName
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.trivial_answer import MARGIN
from tfx_pipeline.evaluation.verdict import Figures, Gates, Verdict
from tfx_pipeline.wording import percent

__all__ = ["figure", "judge", "loss_of", "margin_of", "needs_default_gate"]


def needs_default_gate(gates: Gates, compared: Collection[str]) -> bool:
    """Say whether the model must beat the trivial answer, since nothing else is asked of it.

    `compared` are the metrics whose change against the last blessed model was measured.
    """
    return not any(
        bounds.min is not None
        or bounds.max is not None
        or (name in compared and bounds.max_loss_against_baseline is not None)
        for name, bounds in gates.thresholds.items()
    )


def judge(
    gates: Gates, facts: EvaluationFacts, bad_rows: Sequence[Problem] | None = None
) -> Verdict:
    """Judge a model by what was measured of it, and of others on the same rows.

    `bad_rows` are rows whose label or answer is none; any refuses the model.
    """
    refusals = list(bad_rows or ())
    notes = list(facts.notes)
    judged: list[Judged] = []
    if not refusals:  # else every metric is missing, for that reason
        judged = list(_all_judged(gates, facts, notes))
        refusals = [each.refusal for each in judged if each.refusal]
        notes += [each.note for each in judged if each.note and not each.refusal]
        notes += _linear_notes(facts)
    shown = [name for name in gates.metrics if name in facts.metrics]
    return Verdict(
        blessed=not refusals,
        gate=_gate(gates, facts),
        decided=_decided(judged, refusals),
        rows=facts.rows,
        confidence=facts.confidence,
        metrics={name: facts.metrics[name].value for name in shown},
        intervals={name: facts.metrics[name] for name in shown},
        has_baseline=facts.has_baseline,
        baseline={x: facts.baseline[x].value for x in gates.metrics if x in facts.baseline},
        changes={name: facts.changes[name] for name in shown if name in facts.changes},
        linear={name: facts.linear[name].value for name in shown if name in facts.linear},
        trivial={name: facts.trivial[name] for name in shown if name in facts.trivial},
        missing={name: facts.missing[name] for name in gates.metrics if name in facts.missing},
        notes=notes,
        refusals=refusals,
    )


def loss_of(name: MetricName, model: Figures, baseline: Figures) -> float:
    """Measure how much worse than the baseline a metric is; negative: it is better."""
    better = BETTER[name]
    now, then = model.values[name], baseline.values[name]
    if better.direction == "higher":
        return then - now
    if better.direction == "lower":
        return now - then
    ideal = better.ideal
    if isinstance(ideal, str):
        ideal = baseline.values[ideal]  # of the same rows
    assert ideal is not None
    return abs(now - ideal) - abs(then - ideal)


def margin_of(name: MetricName, gates: Gates, then: ScoredRows) -> float | None:
    """Say how much worse than the last blessed model a metric may be; None: nothing is asked.

    `then` are that model's answers.
    """
    if bounds := gates.thresholds.get(name):
        return bounds.max_loss_against_baseline
    if not gates.thresholds and name == MAIN_METRIC[gates.task]:
        return gates.margin * abs(compute(name, then))
    return None


def _all_judged(gates: Gates, facts: EvaluationFacts, notes: list[str]) -> Iterator[Judged]:
    """Judge all that is asked, the thresholds first; `notes` gets what cannot be asked."""
    for name, bounds in gates.thresholds.items():
        if allowed := bounds_in_words(bounds):
            if name in facts.metrics:
                yield judge_bounds(name, facts.metrics[name], bounds, gates.unsure_bounds)
            else:
                yield _uncomputed(name, facts, allowed)
        if bounds.max_loss_against_baseline is not None and facts.has_baseline:
            yield from _change(name, gates, facts, notes)
    if needs_default_gate(gates, facts.changes):
        yield _against_trivial(gates, facts)
    if not gates.thresholds and facts.has_baseline:
        yield from _change(MAIN_METRIC[gates.task], gates, facts, notes)


def _change(
    name: MetricName, gates: Gates, facts: EvaluationFacts, notes: list[str]
) -> Iterator[Judged]:
    if name not in facts.metrics:
        if gates.thresholds:  # else the default gate has said so
            yield _uncomputed(name, facts, "what can be compared with the last blessed model's")
    elif name not in facts.changes:
        reason = facts.baseline_missing.get(name, "it has no value")
        notes.append(f"`{name}` was not compared: of the last blessed model, {reason}")
    else:
        change = facts.changes[name]
        yield judge_change(change, _values(change, facts), gates.unsure_changes)


def _values(change: Change, facts: EvaluationFacts) -> str:
    """Say what a metric is and was, and what is best where that is no end of the scale."""
    name: MetricName = change.metric  # type: ignore[assignment]
    now, then = figure(facts.metrics[name].value), figure(facts.baseline[name].value)
    best = BETTER[name].ideal
    if best is None:
        return f"{now} against {then}"
    if isinstance(best, str):
        ideal = f"`{best}` ({figure(facts.metrics[best].value)})"
    else:
        ideal = f"{best:g}"
    return f"{now} against {then}, where {ideal} is best"


def _against_trivial(gates: Gates, facts: EvaluationFacts) -> Judged:
    """Ask for a loss below the trivial answer's on the same rows, by the interval of the change.

    What is better by less than `MARGIN` of it has learned nothing but that answer.
    """
    name = MAIN_METRIC[gates.task]
    reached = facts.trivial.get(name)
    if name not in facts.metrics or reached is None:
        return _uncomputed(name, facts, f"less than what is reached by {facts.trivial_words}")
    change = facts.against_trivial[name].loss
    most = reached * (1 - MARGIN)
    now = facts.metrics[name]
    sure = change.high < 0  # of NaN: no
    if now.value < most and sure:
        sentence = f"{loss_in_words(change)} than a trivial answer's {figure(reached)}"
        return Judged(f"`{name}` {with_interval(now)} is {sentence}")
    allowed = (
        f"`{name}` less than {figure(most)}: {MARGIN:.1%} below {figure(reached)}, which is"
        f" reached by {facts.trivial_words}"
    )
    asked = " (no threshold is configured that could be judged, so it must be)"
    step = "improve the model or data; or set evaluation.thresholds, which take the place of this"
    what = f"the model is no better than a trivial answer{asked}"
    sentence = f"is no better than a trivial answer's {figure(reached)}"
    if now.value < most:
        what = f"{now.rows:,} rows cannot tell the model from a trivial answer{asked}"
        sentence = f"cannot be told from a trivial answer's {figure(reached)}"
        step = f"give more eval rows (data.split); {step}"
    received = f"`{name}` {with_interval(now)}"
    if change.method != "none":
        received += f": {loss_in_words(change)}"
    refusal = Problem(what, None, received, allowed, step)
    return Judged(f"`{name}` {with_interval(now)} {sentence}", refusal)


def _linear_notes(facts: EvaluationFacts) -> Iterator[str]:
    """Say where a linear model of the same training rows is better."""
    for name, change in facts.against_linear.items():
        if change.answer == "worse":
            yield (
                f"a linear model of the same training rows is better: `{name}`"
                f" {figure(facts.linear[name].value)} against {figure(facts.metrics[name].value)},"
                f" {loss_in_words(change.loss)} (model.family: linear)"
            )


def _uncomputed(name: MetricName, facts: EvaluationFacts, allowed: str) -> Judged:
    reason = facts.missing.get(name, "it has no value")
    what = f"metric `{name}`, which has a threshold, cannot be computed on the eval split"
    step = (
        "give more rows, split otherwise (data.split), or put the threshold on a metric that"
        " exists here"
    )
    return Judged(f"`{name}` has no value: {reason}", Problem(what, None, reason, allowed, step))


def _decided(judged: Sequence[Judged], refusals: Sequence[Problem]) -> str:
    """Name the figure that decided: what refused first, else what is least sure, else the first."""
    for found in (
        [each for each in judged if each.refusal],
        [each for each in judged if each.note and not refusals],
        [each for each in judged if not refusals],
    ):
        if found:
            return found[0].sentence
    return refusals[0].what if refusals else ""


def _gate(gates: Gates, facts: EvaluationFacts) -> str:
    named = ", ".join(f"`{name}`" for name in gates.thresholds)
    name = MAIN_METRIC[gates.task]
    if not needs_default_gate(gates, facts.changes):
        return f"thresholds on {named}"
    if gates.thresholds:
        why = f"there is no last blessed model that {named} could be compared with"
    else:
        why = "no threshold is configured (evaluation.thresholds)"
    reached = figure(facts.trivial[name]) if name in facts.trivial else "what"
    joint = ", which is" if name in facts.trivial else " is"
    asked = f"{why}: `{name}` must beat {reached}{joint} reached by {facts.trivial_words}"
    change = facts.changes.get(name)
    if not gates.thresholds and change and change.margin is not None:
        asked += (
            f", and be at most {figure(change.margin)} ({percent(gates.margin)} of it) worse than"
            " the last blessed model's"
        )
    return asked
