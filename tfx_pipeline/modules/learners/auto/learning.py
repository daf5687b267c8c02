"""`family: auto`: candidates are fitted and judged by unseen rows; their best mean is the model."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfx_pipeline.modules.learners.auto.blend import BlendScorer
from tfx_pipeline.modules.learners.auto.candidates import Candidate, Fitter
from tfx_pipeline.modules.learners.auto.judge import Judge
from tfx_pipeline.modules.learners.auto.weights import Weights, choose_weights
from tfx_pipeline.modules.learners.division import Division, make_folds
from tfx_pipeline.modules.learners.learner import Fitted, LearningRows, Unseen
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Task

_LOG = logging.getLogger(__name__)
_FOLDS, _FEW_ROWS = 3, 3000
_MOST_REFITTED = 100_000
_FEWEST_JUDGED = 20


def learn(
    learning: LearningRows,
    inputs: ModelInputs,
    task: Task,
    config: Mapping[str, Any],
    directory: str,
) -> Fitted:
    """Fit the candidates and weigh them; see `Learner`.

    With too few rows to hold any out, the model is the first candidate.
    """
    began = time.perf_counter()
    settings = config["auto"]
    divisions = _divisions(learning, settings["folds"])
    fitter = Fitter(learning, inputs, task, config, directory)
    candidates = [Candidate(family) for family in settings["candidates"]]
    if sum(len(x.held_out) for x in divisions) < _FEWEST_JUDGED:
        family = candidates[0].family
        text = f"the model is {family}: there are too few training rows to choose by others"
        return dataclasses.replace(fitter.fit(family, learning, {}), summary=[text])
    candidates, left_out = _judged(fitter, candidates, divisions)
    judge = Judge(learning, divisions, candidates, task)
    weights = choose_weights(len(candidates), len(judge.rows), judge.loss)
    in_folds = len(divisions) > 1
    refits = settings["refit"]
    if refits is None:
        refits = in_folds or len(learning.rows.label) <= _MOST_REFITTED
    used = [candidate for candidate, weight in zip(candidates, weights, strict=True) if weight]
    members = [fitter.last(x, refit=in_folds or refits) for x in used]
    notes = {
        **_notes(judge, candidates, weights),
        "judged_rows": len(judge.rows),
        "folds": len(divisions) if in_folds else 0,
        "refitted": in_folds or refits,
        "members": {x.family: dict(y.notes) for x, y in zip(used, members, strict=True)},
        "seconds": round(time.perf_counter() - began, 2),
    }
    return Fitted(
        BlendScorer([x.scorer for x in members], weights[weights > 0].tolist()),
        notes,
        max(x.input_wait for x in members),
        Unseen(judge.rows, judge.logits(weights)),
        [_summary(notes), *left_out],
    )


def _judged(
    fitter: Fitter, candidates: Sequence[Candidate], divisions: Sequence[Division]
) -> tuple[list[Candidate], list[str]]:
    """Judge the candidates; give those whose answers are numbers, and what is said of the others.

    Raises:
        FloatingPointError: there is none.
    """
    judged, left_out = [], []
    for candidate in candidates:
        try:
            fitter.judge(candidate, divisions)
            if not np.isfinite(candidate.logits).all():
                raise FloatingPointError("answers that are no numbers")
        except FloatingPointError as error:
            left_out.append(f"{candidate.family} was left out: {error}")
            continue
        _LOG.info("%s: judged after %.2f s", candidate.family, candidate.seconds)
        judged.append(candidate)
    if not judged:
        raise FloatingPointError("; ".join(left_out))
    return judged, left_out


def _divisions(learning: LearningRows, folds: int | None) -> Sequence[Division]:
    """Hold out each part of few rows in turn, or what is held out of many."""
    if folds is None:
        folds = _FOLDS if len(learning.rows.label) <= _FEW_ROWS else 0
    if folds < 2:
        return [Division(learning.fitted, learning.held_out)]
    return make_folds(learning.rows, folds, learning.random)


def _notes(judge: Judge, candidates: Sequence[Candidate], weights: Weights) -> dict[str, Any]:
    """Say what each candidate reached and took, and what their mean reaches."""
    alone = np.eye(len(candidates))
    return {
        "candidates": {
            candidate.family: {
                "weight": round(float(weight), 3),
                **judge.figures(single),
                "seconds": round(candidate.seconds, 2),
            }
            for candidate, weight, single in zip(candidates, weights, alone, strict=True)
        },
        "mean": judge.figures(weights),
    }


def _summary(notes: Mapping[str, Any]) -> str:
    """Say in a line what the model is, and why."""
    candidates = notes["candidates"]
    parts = [f"{name} {x['weight']:.2f}" for name, x in candidates.items() if x["weight"]]
    model = parts[0].rpartition(" ")[0] if len(parts) == 1 else "mean of " + ", ".join(parts)
    reached = "; ".join(
        f"{name} {_figures(x)} in {x['seconds']:.1f} s" for name, x in candidates.items()
    )
    how = f"in {notes['folds']} folds" if notes["folds"] else "held out"
    text = f"the model is the {model}, by {notes['judged_rows']:,} training rows {how}: {reached}"
    return text if len(parts) == 1 else f"{text}; their mean {_figures(notes['mean'])}"


def _figures(figures: Mapping[str, float]) -> str:
    """Name the loss, and what people know."""
    known = [name for name in ("auc", "accuracy", "rmse") if name in figures]
    return ", ".join(
        [f"loss {figures['held_out_loss']:.4f}", *(f"{x} {figures[x]:.4g}" for x in known)]
    )
