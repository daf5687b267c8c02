"""The way from training rows to a model: which rows are held out, the learner, the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.learners.families import learner_of, unrefitted
from tfx_pipeline.modules.learners.learner import Fitted, Learner, LearningRows, Unseen
from tfx_pipeline.modules.model.decision import Decision, decide
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.note_file import Note
from tfx_pipeline.modules.model.signature_names import PREDICTION_KEYS
from tfx_pipeline.modules.model.tasks import Binary, Task
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

_BY_EPOCHS = ("dnn", "wide_deep")
_FEWEST_HELD_OUT, _SHARES = 2000, (0.1, 0.2)


@dataclass(frozen=True)
class FittedModel:
    """A model that can be exported.

    Attributes:
        fitted: what the learner gave.
        task: with the threshold, once it is decided on.
        decision: what `label.decision` asked for.
        notes: what a user should know.
    """

    fitted: Fitted
    task: Task
    decision: Decision | None
    notes: tuple[Note, ...]


def fit_model(
    rows: TransformedRows,
    inputs: ModelInputs,
    task: Task,
    config: Mapping[str, Any],
    directory: str,
    learn: Learner | None = None,
) -> FittedModel:
    """Fit the family that `config` names, the settings of the Trainer; see `Learner`.

    `learn` is what fits in its place.
    """
    model, wanted = config["model"], config["label"].get("decision")
    share = held_out_share(model, len(rows.label), needed=bool(wanted))
    learning = LearningRows.divided(rows, share, model["seed"])
    if wanted:
        model = unrefitted(model)
    learn = learn or learner_of(model["family"])
    fitted = learn(learning, inputs, task, model, directory)
    notes = [Note(text, ("model", "family")) for text in fitted.summary]
    if not wanted:
        return FittedModel(fitted, task, None, tuple(notes))
    assert isinstance(task, Binary)
    unseen = fitted.unseen or Unseen(
        learning.held_out, fitted.scorer.logits_of(rows.inputs, learning.held_out)
    )
    probabilities = task.predictions(tf.constant(unseen.logits))[PREDICTION_KEYS["binary"]]
    decision = decide(wanted, rows.label[unseen.rows], probabilities.numpy())
    notes.append(Note(_words(decision, task), ("label", "decision")))
    return FittedModel(fitted, replace(task, threshold=decision.threshold), decision, tuple(notes))


def held_out_share(model: Mapping[str, Any], rows: int, *, needed: bool = False) -> float | None:
    """Say which share of the training rows is held out; None: none.

    That of `model.early_stopping`, if it says one; without that section only what `auto` needs, or
    a decision, is held out.
    """
    stopping = model["early_stopping"]
    if not stopping and model["family"] != "auto" and not needed:
        return None
    if stopping and stopping["validation_share"]:
        return float(stopping["validation_share"])
    low, high = _SHARES
    if model["family"] in _BY_EPOCHS and stopping:
        return low
    return min(high, max(low, _FEWEST_HELD_OUT / rows))


def _words(decision: Decision, task: Binary) -> str:
    """Say what was decided, and what that changed."""
    reached, half = (
        ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
        for figures in (decision.reached, decision.reached_by_half)
    )
    text = f"`{task.classes[1]}` is answered above a probability of {decision.threshold:.4g}, for"
    text += f" {decision.goal}: {reached} on {decision.rows:,} training rows that the model was not"
    text += f" fitted to ({half} at 0.5)"
    return text if decision.is_met else f"{text}; no threshold keeps that bound"
