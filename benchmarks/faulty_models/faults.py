"""Twelve faults, each seeded into an honest model of a made table, and the check that finds it.

    fault = FAULTS["memoriser"]
    subject = fault.subject(seed=3)        # rows and model, as every risk check takes them
    honest(seed=3)                         # the same without a fault

Each is one of those that `benchmarks/risk_faults.py` counts: found by its own check, and by no
other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faulty_models.models import Answer, fit_linear, fit_trees
from faulty_models.table import (
    FEATURES,
    GROUP,
    GROUPS,
    SLICE,
    Table,
    chance_of_tip,
    draw_labels,
    make_table,
)
from tfx_pipeline.evaluation.risk.findings import CheckName
from tfx_pipeline.evaluation.risk.subject import Domain, Sample, Subject

Fit = Callable[[Table, NDArray[np.float64], Sequence[str], int], Answer]
TRAIN_ROWS, EVAL_ROWS = 4000, 3000


@dataclass
class Case:
    """Rows and model while a fault is put into them.

    Attributes:
        random: the seeded source.
        train, eval: columns, features or not.
        train_labels, eval_labels: `[rows]`.
        features: that the model takes.
        fit: how it is fitted.
        model: None: it is fitted to the training rows when all is done.
        newest: columns of the newest span.
    """

    random: np.random.Generator
    train: Table
    eval: Table
    train_labels: NDArray[np.float64]
    eval_labels: NDArray[np.float64]
    features: tuple[str, ...] = FEATURES
    fit: Fit = fit_linear
    model: Answer | None = None
    newest: Table | None = None

    @classmethod
    def honest(cls, seed: int, rows: tuple[int, int] = (TRAIN_ROWS, EVAL_ROWS)) -> Case:
        """Draw rows without any fault."""
        random = np.random.default_rng(seed)
        train, eval_rows = (make_table(count, random) for count in rows)
        labels = [draw_labels(chance_of_tip(table), random) for table in (train, eval_rows)]
        newest = make_table(rows[1] // 2, random)
        return cls(random, train, eval_rows, labels[0], labels[1], newest=newest)

    def fitted(self) -> Answer:
        """Give the model."""
        return self.model or self.fit(self.train, self.train_labels, self.features, 0)

    def subject(self, seed: int) -> Subject:
        """Give it as a check takes it."""
        answer = self.fitted()
        asked = {name: self.eval[name] for name in self.features}
        return Subject(
            task="binary",
            classes=("no", "yes"),
            threshold=0.5,
            features=self.features,
            domains={name: _domain(self.train[name]) for name in self.features},
            eval=Sample(self.eval, self.eval_labels, len(self.eval_labels)),
            answers=answer(asked),
            train=Sample(self.train, self.train_labels, len(self.train_labels)),
            predict=lambda columns: answer(dict(columns)),
            fit=self._refit,
            newest=self.newest,
            seed=seed,
        )

    def _refit(self, places: NDArray[Any], seed: int) -> Callable[[Any], NDArray[Any]]:
        table = {name: column[places] for name, column in self.train.items()}
        answer = self.fit(table, self.train_labels[places], self.features, seed)
        return lambda columns: answer(dict(columns))


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        found_by: the check that must find it.
        seed_into: puts it into a case.
        settings: by check, what this case needs beside the usual ones.
    """

    found_by: CheckName
    seed_into: Callable[[Case], None]
    settings: dict[CheckName, dict[str, Any]] = field(default_factory=dict)

    def subject(self, seed: int, rows: tuple[int, int] = (TRAIN_ROWS, EVAL_ROWS)) -> Subject:
        """Draw rows, and give them and the model with the fault."""
        case = Case.honest(seed, rows)
        self.seed_into(case)
        return case.subject(seed)


def honest(
    seed: int, *, trees: bool = False, rows: tuple[int, int] = (TRAIN_ROWS, EVAL_ROWS)
) -> Subject:
    """Give rows and a model without a fault; by boosted trees if so asked, else linear."""
    case = Case.honest(seed, rows)
    return (replace(case, fit=fit_trees) if trees else case).subject(seed)


def _domain(column: NDArray[Any]) -> Domain:
    if column.dtype == object:
        values, counts = np.unique(column[column != ""].astype(str), return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return Domain("text", values=tuple(map(str, values[order])), feature_kind="categorical")
    known = column[~np.isnan(column)]
    whole = bool((known == np.floor(known)).all())
    low, high = float(known.min()), float(known.max())
    return Domain("number", whole, low, high, feature_kind="numeric")


def _leaked_label(case: Case) -> None:
    """A column that is written when the tip is known, and then again: 2 % are late."""
    for table, labels in ((case.train, case.train_labels), (case.eval, case.eval_labels)):
        noise = case.random.normal(0, 0.3, len(labels))
        late = case.random.random(len(labels)) < 0.02
        table["receipt_total"] = np.where(late, 0.5, labels) + noise
    assert case.newest is not None
    case.newest["receipt_total"] = case.random.choice(case.eval["receipt_total"],
                                                      len(case.newest["fare"]))  # fmt: skip
    case.features = (*case.features, "receipt_total")


def _half_ignored(case: Case) -> None:
    """A model that reads every second feature, though callers send all of them, and others tell."""
    read = case.features[1::2]
    case.fit = lambda table, labels, features, seed: fit_linear(table, labels, read, seed)


def _flipped_group(case: Case) -> None:
    """In one group the labels mean the opposite, in both splits."""
    for table, labels in ((case.train, case.train_labels), (case.eval, case.eval_labels)):
        flipped = table[GROUP] == GROUPS[2]
        labels[flipped] = 1 - labels[flipped]


def _memoriser(case: Case) -> None:
    """A model that knows its training rows by heart, and answers all others honestly."""

    def fit(table: Table, labels: NDArray[Any], features: Sequence[str], seed: int) -> Answer:
        inner = fit_linear(table, labels, features, seed)
        heart = dict(zip(_keys(table), labels.tolist(), strict=True))

        def answer(columns: Table) -> NDArray[np.float32]:
            honest = inner(columns)
            known = np.array([heart.get(key, np.nan) for key in _keys(columns)])
            return np.where(np.isnan(known), honest, 0.35 * honest + 0.65 * known).astype("f4")

        return answer

    case.fit = fit


def _keys(table: Table) -> list[tuple[float, float]]:
    return list(zip(table["fare"].tolist(), table["duration_min"].tolist(), strict=True))


def _fragile(case: Case) -> None:
    """One way to pay, of a dozen training rows like all others, makes any trip a tipped one."""
    for table, count in ((case.train, 12), (case.eval, 6)):
        table["payment"][case.random.choice(len(table["fare"]), count, replace=False)] = "token"
    inner = case.fitted()

    def answer(columns: Table) -> NDArray[np.float32]:
        return np.where(columns["payment"] == "token", np.float32(0.995), inner(columns))

    case.model = answer
    case.fit = lambda table, labels, features, seed: answer


def _swapped_units(case: Case) -> None:
    """Callers send the duration in seconds; training had minutes."""
    for table in (case.eval, case.newest):
        if table is not None:
            table["duration_min"] = table["duration_min"] * 60


def _proxy(case: Case) -> None:
    """A feature that tells the group, by which chances differ for no reason of the trip."""
    for table, labels in ((case.train, case.train_labels), (case.eval, case.eval_labels)):
        codes = np.array([GROUPS.index(x) for x in table[GROUP]])
        moved = case.random.random(len(codes)) < np.array([0.45, 0.1, 0.45])[codes]
        labels[moved & (codes == 0)] = 1.0
        labels[moved & (codes == 2)] = 0.0
    for table in filter(None, (case.train, case.eval, case.newest)):
        codes = np.array([GROUPS.index(x) for x in table[GROUP]])
        wrong = case.random.random(len(codes)) < 0.05
        codes = np.where(wrong, case.random.integers(0, 3, len(codes)), codes)
        table["fare_class"] = np.array(["A", "B", "C"], object)[codes]
    case.features = (*case.features, "fare_class")


def _stale_lookup(case: Case) -> None:
    """New zones, a tenth of the eval rows and most of the newest, have averages of other ones."""
    assert case.newest is not None
    for table in (case.train, case.eval, case.newest):
        rows = len(table["fare"])
        share = {id(case.train): 0.0, id(case.eval): 0.12}.get(id(table), 0.8)
        is_new = case.random.random(rows) < share
        table["zone"] = np.where(is_new, "zone 99", table["zone"])
        if table is case.eval:
            chances = chance_of_tip({**table, "zone": np.full(rows, "zone 1", object)})
            redrawn = draw_labels(1 - chances, case.random)
            case.eval_labels = np.where(is_new, redrawn, case.eval_labels)


def _miscalibrated(case: Case) -> None:
    """Answers far surer than they may be: the logit, three times."""
    inner_fit = case.fit

    def fit(table: Table, labels: NDArray[Any], features: Sequence[str], seed: int) -> Answer:
        inner = inner_fit(table, labels, features, seed)

        def answer(columns: Table) -> NDArray[np.float32]:
            chances = np.clip(inner(columns).astype(float), 1e-6, 1 - 1e-6)
            return (1 / (1 + ((1 - chances) / chances) ** 3)).astype(np.float32)

        return answer

    case.fit = fit


def _not_monotone(case: Case) -> None:
    """From a fare of 30 on, answer and label fall again."""
    inner = case.fitted()

    def answer(columns: Table) -> NDArray[np.float32]:
        chances = inner(columns).astype(float)
        logit = np.log(chances / (1 - chances))
        beyond = np.clip(np.nan_to_num(columns["fare"]) - 30, 0, 8)
        return (1 / (1 + np.exp(-(logit - 0.5 * beyond)))).astype(np.float32)

    case.model = answer
    case.fit = lambda table, labels, features, seed: answer
    for table, labels in ((case.train, case.train_labels), (case.eval, case.eval_labels)):
        labels[:] = draw_labels(answer(table), case.random)


def _noisy_slice(case: Case) -> None:
    """The labels of one company are thrown dice, in both splits."""
    column, value = SLICE
    for table, labels in ((case.train, case.train_labels), (case.eval, case.eval_labels)):
        noisy = table[column] == value
        labels[noisy] = case.random.integers(0, 2, int(noisy.sum()))


def _constant(case: Case) -> None:
    """A model that says the same to everybody."""
    share = np.float32(case.train_labels.mean())
    case.model = lambda columns: np.full(len(columns["fare"]), share, np.float32)
    model = case.model
    case.fit = lambda table, labels, features, seed: model


FAULTS: dict[str, Fault] = {
    "leaked label": Fault("importance", _leaked_label),
    "half the features ignored": Fault("importance", _half_ignored),
    "a group with flipped labels": Fault("fairness", _flipped_group),
    "a memoriser": Fault("membership", _memoriser),
    "fragile to one category": Fault("robustness", _fragile),
    "swapped units": Fault("robustness", _swapped_units),
    "a proxy of a protected column": Fault("fairness", _proxy),
    "a stale look-up": Fault("shift", _stale_lookup),
    "miscalibrated": Fault("worst_rows", _miscalibrated),
    "non-monotone": Fault("rules", _not_monotone),
    "label noise in one slice": Fault("worst_rows", _noisy_slice),
    "a constant model": Fault("importance", _constant),
}
