"""The check itself: what is found, and the rows that are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.judged import figure_text
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, answer_of
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.evaluation.risk.worst_rows.excess import (
    Excess,
    RowSet,
    excess_of,
    known_rows,
    row_sets,
)
from tfx_pipeline.evaluation.risk.worst_rows.losses import RowLosses, row_losses
from tfx_pipeline.wording import percent

SOURCE = (
    "errors against those that calibrated probabilities foretell (Dawid, The Well-Calibrated"
    " Bayesian, 1982), with Poisson's bound (Hoeffding, 1956) and Bonferroni's"
)
ASSUMPTION = "rows are independent, and their labels right; values the training never saw are not"
ASSUMPTION += " looked at"
LIMIT = "only rows of the eval split, and sets of rows by one feature at a time"
_TAIL = 0.01
_FEATURES_SHOWN = 12
_MOST_SETS = 100
_MOST_STRANGE = 0.2
"""Share of rows with values that the training never saw, beyond which nothing is foretold."""


def check(subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    """Look for rows, and sets of rows, that are worse than the model says."""
    if not len(subject.eval):
        return CheckResult("worst_rows", "not applicable", "the eval split has no rows")
    rows = row_losses(subject.scored)
    figures: dict[str, list[Mapping[str, Any]]] = {"worst rows": _shown(subject, rows, settings)}
    findings = list(_empty_input(subject, figures))
    if len(rows.losses):
        figures["losses"] = [_loss_figures(rows)]
        findings += _largest_loss(rows, settings)
    known = known_rows(subject, rows)
    why_not = _why_not_foretold(subject, rows, known)
    if not why_not:
        findings += _excesses(subject, known, settings, figures)
    found = tuple(findings)
    summary = found[0].problem.what if found else _nothing_found(rows, why_not)
    answer = answer_of(settings["severity"], found)
    return CheckResult("worst_rows", answer, summary, SOURCE, ASSUMPTION, LIMIT, found, figures)


def _why_not_foretold(subject: Subject, rows: RowLosses, known: RowLosses) -> str:
    """Say why errors cannot be compared with what the model foretells; empty: they can."""
    if not len(known.losses):
        return "no row has both a label and an answer, and values that the training saw"
    if subject.weighted:
        return "label.weight moves the probabilities, so no errors are foretold"
    strange = 1 - len(known.losses) / len(rows.losses)
    if strange > _MOST_STRANGE:
        return f"{percent(strange)} of the rows hold values that the training never saw"
    return ""


def _nothing_found(rows: RowLosses, why_not: str) -> str:
    if not len(rows.losses):
        return why_not
    largest, mean = (figure_text(float(x)) for x in (rows.losses.max(), rows.losses.mean()))
    text = f"largest loss of a row {largest}, mean {mean}"
    if why_not:
        return f"{text}; {why_not}"
    return f"no more errors than the probabilities foretell, in all rows and by feature; {text}"


def _empty_input(
    subject: Subject, figures: dict[str, list[Mapping[str, Any]]]
) -> Iterator[Finding]:
    """Ask the model a row of which nothing is known."""
    nothing = {
        name: np.array([""], object) if domain.kind == "text" else np.array([np.nan])
        for name, domain in subject.domains.items()
    }
    answer = np.asarray(subject.predict(nothing), np.float64).reshape(-1)
    figures["empty input"] = [{"answer": [float(x) for x in answer]}]
    if not np.isfinite(answer).all():
        problem = Problem(
            "the model answers a row without any value with no finite number",
            "empty input",
            ", ".join(f"{x:.6g}" for x in answer),
            "finite numbers",
            "look for a division by 0 or a logarithm of what is computed from missing features",
        )
        yield Finding(float((~np.isfinite(answer)).sum()), 0.0, problem)


def _loss_figures(rows: RowLosses) -> dict[str, float]:
    worst = np.sort(rows.losses)[::-1]
    tail = worst[: max(1, round(_TAIL * len(worst)))]
    return {
        "mean": float(worst.mean()),
        "mean of the worst hundredth": float(tail.mean()),
        "largest": float(worst[0]),
    }


def _largest_loss(rows: RowLosses, settings: Mapping[str, Any]) -> Iterator[Finding]:
    most, largest = settings["max_loss"], float(rows.losses.max())
    if most is not None and largest > most:
        problem = Problem(
            "the largest loss of a row is too large",
            "risk.worst_rows.max_loss",
            f"{largest:.6g}",
            f"at most {most:.6g}",
            "look at the row in the report: is its label right? Else give the model more such rows",
        )
        yield Finding(largest, float(most), problem)


def _excesses(
    subject: Subject,
    rows: RowLosses,
    settings: Mapping[str, Any],
    figures: dict[str, list[Mapping[str, Any]]],
) -> Iterator[Finding]:
    """Compare errors with those foretold: of sure answers, and by feature."""
    counted = list(_counted(subject, rows, settings))
    beyond = [
        x
        for x in counted
        if x.p * len(counted) <= settings["alpha"] and x.ratio > settings["max_excess"]
    ]
    in_order = sorted(counted, key=lambda x: x.p)
    figures["errors by rows"] = [_excess_figures(x) for x in in_order[:_MOST_SETS]]
    for each in sorted(beyond, key=lambda x: (bool(x.of.feature), x.p)):
        problem = _excess_problem(each, settings, regression=subject.task == "regression")
        yield Finding(each.ratio, settings["max_excess"], problem, each.of.feature)


def _counted(subject: Subject, rows: RowLosses, settings: Mapping[str, Any]) -> Iterator[Excess]:
    """Count errors of sure answers, of all rows, and of rows that share a value.

    Where all answers are the same, no row's errors are foretold by what is in it.
    """
    columns, domains = subject.eval.columns, subject.domains
    regression, fewest = subject.task == "regression", settings["min_rows"]
    times = 1.0
    if not regression:
        sure = np.flatnonzero(rows.sureness >= settings["confidence"])
        words = f"answers of {settings['confidence']:g} and more"
        everything = RowSet("all rows", "", np.arange(len(rows.losses)))
        for of in (RowSet(words, "", sure), everything):
            if len(of.places) >= fewest:
                excess = excess_of(rows, of, regression=False)
                times = max(1.0, excess.ratio)  # at last that of all rows
                yield excess
    answers = subject.answers[rows.places]
    if (answers == answers[0]).all():
        return
    for of in row_sets(columns, domains, rows.places):
        if len(of.places) >= fewest:
            yield excess_of(rows, of, regression=regression, times=times)


def _excess_figures(excess: Excess) -> dict[str, Any]:
    return {
        "of": excess.of.words,
        "rows": excess.rows,
        "errors": excess.errors,
        "foretold": excess.foretold,
        "ratio": excess.ratio,
        "p": excess.p,
    }


def _excess_problem(excess: Excess, settings: Mapping[str, Any], *, regression: bool) -> Problem:
    if regression:
        what = f"answers to rows with {excess.of.words} are off by {excess.errors:.4g} on average"
        received = f"{excess.ratio - 0.5:.3g} standard deviations of the errors, in"
        received += f" {excess.rows:,} rows"
        allowed = f"at most {settings['max_excess'] - 0.5:.3g}"
    else:
        what = f"{excess.of.words}: {excess.errors:,.0f} errors where the model foretells"
        what += f" {excess.foretold:,.1f}"
        received = f"{excess.ratio:.3g} times as many, in {excess.rows:,} rows"
        allowed = f"at most {settings['max_excess']:g} times"
    next_step = (
        "look at these labels, and give the model what tells such rows apart"
        if excess.of.feature
        else "the model is surer than it may be: train less long, with more rows, or another family"
    )
    return Problem(what, excess.of.feature or None, received, allowed, next_step)


def _shown(
    subject: Subject, rows: RowLosses, settings: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Show the worst rows: what they share with others as it is, numbers as the fifth they are in.

    What few rows share is left out; of a label that is a number, two digits are told.
    """
    worst = np.argsort(-rows.losses, kind="stable")[: settings["shown_rows"]]
    answers = subject.scored.answers[rows.places]
    shown: list[Mapping[str, Any]] = []
    for place in worst:
        label, loss = float(subject.eval.labels[rows.places[place]]), float(rows.losses[place])
        answer = np.round(np.asarray(answers[place], float), 4).tolist()
        is_class = bool(subject.classes)
        shown.append(
            {
                "label": subject.classes[int(label)] if is_class else _coarse(label),
                "answer": answer if is_class else _coarse(answer),
                "loss": round(loss, 4) if is_class else _coarse(loss),
                **{
                    name: _told(subject.eval.columns[name], rows.places[place], settings)
                    for name in subject.features[:_FEATURES_SHOWN]
                },
            }
        )
    return shown


def _coarse(value: float) -> float:
    return float(f"{value:.2g}")


def _told(column: NDArray[Any], row: np.intp, settings: Mapping[str, Any]) -> str:
    value = column[row]
    if column.dtype == object:
        is_shared = int((column == value).sum()) >= settings["shown_from"]
        return str(value) if is_shared else "(rare)"
    if np.isnan(value):
        return ""
    if int((column == value).sum()) >= max(settings["shown_from"], len(column) // 100):
        return f"{value:.6g}"
    # Without the outer edges: the smallest and the largest number are somebody's own.
    edges = np.unique(np.quantile(column[np.isfinite(column)], np.linspace(0, 1, 6)[1:-1]))
    at = int(np.searchsorted(edges, value, side="right"))
    if at == 0:
        return f"below {edges[0]:.4g}"
    if at == len(edges):
        return f"{edges[-1]:.4g} and above"
    return f"{edges[at - 1]:.4g} to {edges[at]:.4g}"
