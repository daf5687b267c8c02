"""Categories that decide alone: what answers do if all rows have one.

Terms:
    sweep: nearly all answers go to one class, surely; of regression, they move by two standard
        deviations of the labels.
    support: the furthest that the labels of the training rows with a category let its mean answer
        be.

A category that comes in many rows may decide: that cash is never tipped is in the data. One that
came in three rows, or in none, says little; a model whose answers all go to one class once it is
there has learned those rows by heart, or treats what it does not know as if it knew. The support is
a posterior bound: Beta's for the share of a class (A. Gelman et al., Bayesian Data Analysis, 3rd
edition, 2013, section 2.4), the normal one for a mean (section 2.5), with a prior as heavy as five
rows that are like all others. Rows with a category differ in other features too, so an answer must
also be beyond the support's middle by a quarter of probability, or by a standard deviation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.asking.questions import Failure, Questions, chosen
from tfx_pipeline.evaluation.risk.asking.unchanged import Unchanged, constant_answer, flipped
from tfx_pipeline.evaluation.risk.asking.values import UNSEEN, is_code
from tfx_pipeline.evaluation.risk.subject import Subject

_MOST_VALUES, _MOST_FREQUENT = 100, 50
_PROBES = 40
_PRIOR_ROWS = 5.0
_TAIL = 0.001
_SWEPT, _SURE, _LEAST_FLIPS = 0.95, 0.9, 0.25
_LEAST_GAP = 0.25
_LEAST_SPREADS = 2.0


@dataclass(frozen=True)
class Category:
    """A value of a feature, and what the training rows say of it.

    Attributes:
        feature: whose value it is.
        value: a text, or a code; None: one that was never seen.
        labels: of the training rows with it.
    """

    feature: str
    value: Any
    labels: NDArray[np.float64]

    def column(self, rows: int) -> NDArray[Any]:
        """Give it to all rows."""
        if self.value is None:
            return np.array(UNSEEN, object)[np.arange(rows) % len(UNSEEN)]
        return np.full(rows, self.value, object if isinstance(self.value, str) else np.float64)


@dataclass(frozen=True)
class Sweep:
    """What happens if all rows have a category, in those that have another one.

    Attributes:
        category: which.
        output: the class that the answers go to; of regression 0.
        answer: their mean probability of it; of regression the mean answer.
        support: the furthest that the training rows let it be.
        flips: share of the answers that are another one.
        is_sweep: whether they all go there, see above.
        is_supported: whether the training rows with it say so.
    """

    category: Category
    output: int
    answer: float
    support: float
    flips: float
    is_sweep: bool
    is_supported: bool

    @property
    def is_unfounded(self) -> bool:
        """Say whether all answers go there for no reason."""
        return self.is_sweep and not self.is_supported


def categories_of(subject: Subject, names: Sequence[str]) -> Iterator[Category]:
    """List the categories of features: the most frequent ones, and others at random."""
    for name in names:
        domain = subject.domains[name]
        if domain.kind == "text":
            yield Category(name, None, np.zeros(0))
            yield from _known(subject, name, domain.values)
        elif is_code(domain):
            yield from _known(subject, name, ())


def _known(subject: Subject, name: str, values: Sequence[Any]) -> Iterator[Category]:
    labels = _labels_by_value(subject.train.columns[name], subject.train.labels)
    asked = _labels_by_value(subject.eval.columns[name], subject.eval.labels)
    every = list(dict.fromkeys([*labels, *values, *asked]))
    draw = np.random.default_rng([subject.seed, 2])
    rarer = every[_MOST_FREQUENT:]
    drawn = [rarer[place] for place in draw.permutation(len(rarer))]
    for value in [*every[:_MOST_FREQUENT], *drawn][:_MOST_VALUES]:
        yield Category(name, value, labels.get(value, np.zeros(0)))


def _labels_by_value(
    column: NDArray[Any], labels: NDArray[np.float64]
) -> dict[Any, NDArray[np.float64]]:
    """Give the labels of the rows with each value, the most frequent value first."""
    import pandas as pd

    codes, found = pd.factorize(column)  # NumPy sorts texts for this: ten times slower
    order = np.argsort(codes, kind="stable")
    counts = np.bincount(codes + 1, minlength=len(found) + 1)  # first those that are missing
    parts = np.split(labels[order], np.cumsum(counts)[:-1])[1:]
    by_value = dict(zip(found.tolist(), parts, strict=True))
    by_value.pop("", None)
    return dict(sorted(by_value.items(), key=lambda item: -len(item[1])))


def sweeps(
    subject: Subject, base: Unchanged, names: Sequence[str], questions: Questions
) -> list[Sweep]:
    """Give each category to all rows, first to few of them; those that stand out to all."""
    categories = list(categories_of(subject, names))
    few = base.of_rows(slice(_PROBES))
    first = _asked(subject, few, categories, questions)
    suspects = [sweep.category for sweep in first if sweep.is_sweep]
    sure = _asked(subject, base, suspects, questions)
    told = {(sweep.category.feature, sweep.category.value): sweep for sweep in [*first, *sure]}
    confirmed = {(sweep.category.feature, sweep.category.value) for sweep in sure}
    return [
        sweep
        for key, sweep in told.items()
        if key in confirmed or not sweep.is_sweep  # the time was over before it was confirmed
    ]


def _asked(
    subject: Subject, base: Unchanged, categories: Sequence[Category], questions: Questions
) -> list[Sweep]:
    asked = [{each.feature: each.column(len(base))} for each in categories]
    if not asked:
        return []
    answers = questions.ask_all(base.columns, asked)
    found = []
    for category, answer in zip(categories, answers, strict=False):
        others = base.columns[category.feature] != category.value  # in these it is a change
        if isinstance(answer, Failure) or not np.isfinite(answer).all() or not others.any():
            continue  # what is no answer is told of as `unseen`
        found.append(_sweep(subject, base.of_rows(others), category, answer[others]))
    return found


def _sweep(
    subject: Subject, base: Unchanged, category: Category, answers: NDArray[np.float64]
) -> Sweep:
    flips = float(flipped(subject, base, answers).mean())
    if subject.task == "regression":
        return _sweep_of_numbers(subject, base, category, answers, flips)
    means = answers.mean(axis=0)
    output = int(np.argmax(means))
    answer = float(means[output])
    swept = float((chosen(subject, answers) == output).mean()) >= _SWEPT
    hits = float((category.labels == output).sum())
    prior = _PRIOR_ROWS * constant_answer(subject)[output]
    right = hits + prior
    wrong = len(category.labels) - hits + _PRIOR_ROWS - prior
    support = _beta_quantile(right, wrong)
    is_sweep = swept and answer >= _SURE and flips >= _LEAST_FLIPS
    is_supported = answer <= max(support, right / (right + wrong) + _LEAST_GAP)
    return Sweep(category, output, answer, support, flips, is_sweep, is_supported)


def _beta_quantile(right: float, wrong: float) -> float:
    from scipy.special import betaincinv

    if right <= 0:  # no training row at all is of the class
        return 0.0
    return 1.0 if wrong <= 0 else float(betaincinv(right, wrong, 1 - _TAIL))


def _sweep_of_numbers(
    subject: Subject,
    base: Unchanged,
    category: Category,
    answers: NDArray[np.float64],
    flips: float,
) -> Sweep:
    labels, spread = subject.train.labels, base.label_spread
    middle = float(labels.mean())
    weight = len(category.labels) + _PRIOR_ROWS
    expected = (float(category.labels.sum()) + _PRIOR_ROWS * middle) / weight
    answer = float(answers.mean())
    moved = answer - float(base.answers.mean())
    sign = 1.0 if moved >= 0 else -1.0
    reach = max(3.1 / np.sqrt(weight), 1.0) * spread  # 3.1: the normal quantile of 0.999
    support = expected + sign * reach
    is_sweep = spread > 0 and abs(moved) >= _LEAST_SPREADS * spread and flips >= _SWEPT
    is_supported = sign * (answer - support) <= 0
    return Sweep(category, 0, answer, support, flips, is_sweep, is_supported)
