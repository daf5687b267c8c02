"""How much an answer makes one suspect that its row was trained on: `[rows]`, higher is more.

Sources, all with the label known and the model asked once a row:
    loss: S. Yeom et al., Privacy Risk in Machine Learning, CSF 2018: how well the answer fits.
    rmia: S. Zarifzadeh, P. Liu, R. Shokri, Low-Cost High-Power Membership Inference Attacks, ICML
        2024: its likelihood over what models give that never saw the row (their offline form, whose
        constant of the correction is `_OFFLINE_A`). They count for how many other rows that is
        less, which orders rows as the ratio itself does, and here only the order is used.
    lira: N. Carlini et al., Membership Inference Attacks From First Principles, S&P 2022: the
        difference from those models in log odds (their offline form with one variance for all rows,
        as for few models).

Terms:
    evidence: see `candidates`.
    likelihood: of classes the evidence; of regression that of a normal distribution around the
        label, 1 at the label itself.
    yardstick: of regression, how far an honest answer is from its label; 1 of classes.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Attack = Literal["loss", "rmia", "lira"]
Floats: TypeAlias = NDArray[np.float64]

_OFFLINE_A = 0.3
_SMALLEST = 1e-7
"""What float32 tells a probability from 1 by."""


def yardstick_of(task: str, unseen: Floats) -> float:
    """Give it from evidence of models that never saw the rows."""
    if task != "regression":
        return 1.0
    known = unseen[np.isfinite(unseen)]
    return max(1.4826 * float(np.median(known)), float(np.finfo(np.float32).tiny))


def likelihood(task: str, evidence: Floats, yardstick: float) -> Floats:
    """Turn evidence into likelihood, 0 to 1."""
    if task != "regression":
        return evidence
    return np.exp(-0.5 * np.square(np.minimum(evidence / yardstick, 1e6)))


def suspicion(
    attack: Attack, task: str, evidence: Floats, unseen: Floats, yardstick: float
) -> Floats:
    """Score rows.

    Args:
        attack: which; `loss` looks at the evidence alone.
        task: of the model.
        evidence: `[rows]`, of the model's answers.
        unseen: `[models, rows]`, of the reference models' answers; NaN where one was not asked.
        yardstick: see above.

    Returns:
        `[rows]`; NaN where an answer is missing.
    """
    if attack == "lira":
        return _log_odds(task, evidence, yardstick) - mean_known(_log_odds(task, unseen, yardstick))
    answered = np.log(np.maximum(likelihood(task, evidence, yardstick), _SMALLEST))
    if attack == "loss":
        return answered if task != "regression" else -evidence
    usual = mean_known(likelihood(task, unseen, yardstick))
    return answered - np.log(((1 + _OFFLINE_A) * usual + 1 - _OFFLINE_A) / 2)


def _log_odds(task: str, evidence: Floats, yardstick: float) -> Floats:
    """Stretch both ends of the evidence; of regression, the end at the label."""
    if task == "regression":
        return -np.log(evidence / yardstick + _SMALLEST)
    kept = np.clip(evidence, _SMALLEST, 1 - _SMALLEST)
    return np.log(kept) - np.log1p(-kept)


def mean_known(values: Floats) -> Floats:
    """Average over the models that were asked; NaN where none was."""
    asked = np.isfinite(values)
    total = np.where(asked, values, 0.0).sum(axis=0)
    return np.where(asked.any(axis=0), total / np.maximum(asked.sum(axis=0), 1), np.nan)
