"""Facts of runs, made of a seed: as a real run leaves them, without one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluate import evaluate
from tfx_pipeline.evaluation.evaluation_facts import Change, EvaluationFacts
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.metric_names import DEFAULT_METRICS
from tfx_pipeline.evaluation.risk.findings import Acceptance, CheckResult, Finding, RiskVerdict
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.scored_split import ScoredSplit, SliceColumn
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer
from tfx_pipeline.evaluation.verdict import Gates
from tfx_pipeline.report.facts.data_facts import (
    Anomaly,
    ColumnFacts,
    DataFacts,
    DataFinding,
    DriftFacts,
)
from tfx_pipeline.report.facts.model_facts import (
    GateFacts,
    ServingFacts,
    TrainingCurve,
    TrainingFacts,
)
from tfx_pipeline.report.facts.run_facts import (
    ArtifactFacts,
    Changes,
    Decision,
    Difference,
    EnvironmentFacts,
    RunAccount,
    RunFacts,
    StepFacts,
)

SCRIPT = "<script>alert('\"&')</script>"


def made_facts(task: str = "binary", **changes: Any) -> RunFacts:
    """Make the facts of a pushed run of this task, with these fields instead."""
    evaluation = made_evaluation(task)
    facts = RunFacts(
        run=RunAccount(
            "made",
            "20260101-000000-000",
            "pushed",
            "2026-01-01T00:00:00+00:00",
            42.0,
            ("python", "run_local.py", "--config", "configs/made.yaml"),
            notes=("`company` is rare, and tells nothing",),
            version="1767225600",
            model_name="made",
        ),
        decision=Decision("Pushed as version 1767225600: log_loss is 0.21 (95 %: 0.20 to 0.23)."),
        changes=Changes(
            "20251231-000000-000",
            config=(Difference("model.epochs", "3", "6"),),
            data=(Difference("digest", "0123456789abcdef", "fedcba9876543210"),),
            libraries=(Difference("numpy", "1.26.4", "2.2.0"),),
        ),
        gate=GateFacts(
            "thresholds on `auc`", blessed=True, has_baseline=True, notes=("nothing else",)
        ),
        evaluation=evaluation,
        risk=made_risk(),
        metrics={name: x.value for name, x in evaluation.metrics.items()},
        data=made_data(),
        training=made_training(),
        serving=ServingFacts(
            205_824,
            (
                {"name": "saved_model.pb", "bytes": 190_000},
                {"name": "variables/variables.index", "bytes": 800},
            ),
            "embedded server",
            {"rest_p50": 0.9, "rest_p99": 3.1, "grpc_p50": 0.7, "grpc_p99": 2.2},
            32,
            3e-8,
            32,
        ),
        steps=made_steps(),
        artifacts=made_artifacts(),
        environment=EnvironmentFacts(
            "3.10.13", "Linux x86_64", 2, 8 << 30, "abc", {"tfx": "1.16.0"}
        ),
        config={
            "name": "made",
            "label": {"column": "tips"},
            "features": {SCRIPT: {"kind": "text"}},
        },
    )
    return replace(facts, **changes)


def made_evaluation(task: str, rows: int = 3000) -> EvaluationFacts:
    """Evaluate a fair model, a worse one and a linear one on the same rows."""
    random = np.random.default_rng(7)
    classes = {
        "binary": ("no", "tip > 20 %"),
        "multiclass": ("Adelie", "Chinstrap", "Gentoo"),
        "regression": (),
    }[task]
    signal = random.normal(size=rows)
    answers = {}
    labels: Any
    if task == "binary":
        labels = (random.random(rows) < 1 / (1 + np.exp(-2 * signal))).astype(float)
        for name, noise in (("candidate", 0.3), ("baseline", 0.6), ("linear", 0.9)):
            logit = 2 * signal + random.normal(size=rows) * noise
            answers[name] = (1 / (1 + np.exp(-logit))).astype(np.float32)
    elif task == "multiclass":
        labels = random.integers(0, 3, rows).astype(float)
        for name, strength in (("candidate", 2.5), ("baseline", 2.0), ("linear", 1.5)):
            logits = random.normal(size=(rows, 3)) + strength * np.eye(3)[labels.astype(int)]
            answers[name] = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(
                np.float32
            )
    else:
        labels = np.exp(12 + 0.4 * signal)
        for name, noise in (("candidate", 0.1), ("baseline", 0.12), ("linear", 0.2)):
            answers[name] = labels * np.exp(random.normal(size=rows) * noise)
    scored = {name: ScoredRows(task, len(classes), labels, x) for name, x in answers.items()}
    values = (
        "Taxi Affiliation",
        "Flash Cab",
        SCRIPT,
        "two\nlines",
        "🚕 cab",
        "Quote \" & 'more'",
        "$x_1$",
        "Ω" * 80,
    )
    codes = np.minimum(random.geometric(0.3, rows) - 1, len(values) - 1).astype(np.int32)
    trivial = TrivialAnswer.of_labels(task, len(classes), labels)
    split = ScoredSplit(
        scored["candidate"],
        trivial,
        "abcd",
        scored["baseline"],
        scored["linear"],
        {"company": SliceColumn(codes, values)},
    )
    gates = Gates(task, classes, DEFAULT_METRICS[task], {}, (("company",),))
    return _with_intervals(evaluate(split, gates))


def _with_intervals(facts: EvaluationFacts) -> EvaluationFacts:
    """Give intervals of a plausible width where the evaluation has none."""

    def wide(found: Interval, together: int = 1) -> Interval:
        if math.isfinite(found.low) or not math.isfinite(found.value):
            return found
        half = 2 * abs(found.value) / math.sqrt(found.rows)
        return replace(
            found,
            low=found.value - half,
            high=found.value + half,
            method="made",
            simultaneous=together,
        )

    def changed(change: Change) -> Change:
        loss = wide(replace(change.loss, low=math.nan))
        answer = "better" if loss.high < 0 else "worse" if loss.low > 0 else "cannot tell"
        return replace(change, loss=loss, answer=answer)

    return replace(
        facts,
        metrics={name: wide(x) for name, x in facts.metrics.items()},
        changes={name: changed(x) for name, x in facts.changes.items()},
        slices=tuple(
            replace(
                each, metrics={name: wide(x, len(facts.slices)) for name, x in each.metrics.items()}
            )
            for each in facts.slices
        ),
    )


def made_risk() -> RiskVerdict:
    """Make a verdict with a check of each answer."""
    problem = Problem(
        "feature `fare`: unseen values change the answer",
        None,
        "0.31",
        "at most 0.2",
        "set `features.fare.missing`",
    )
    checks = (
        CheckResult(
            "fairness",
            "passed",
            "The largest gap is 0.02 (95 %: 0.00 to 0.05).",
            "Hardt et al. 2016",
            "labels are right",
            "it sees only named columns",
            figures={
                "gaps": [
                    {"group": "sex = male", "rows": 1200, "selection_rate": 0.31},
                    {"group": "sex = Zoë", "rows": 2, "selection_rate": 0.5},
                ]
            },
            seconds=0.8,
        ),
        CheckResult(
            "robustness",
            "warned",
            "`fare` missing moves 31 % of the answers.",
            findings=(Finding(0.31, 0.2, problem, "fare"),),
            seconds=1.2,
        ),
        CheckResult(
            "membership",
            "refused",
            "An attacker finds 3 % of the rows at 1 % false alarms.",
            findings=(Finding(0.03, 0.01, problem),),
            accepted=Acceptance("membership", "public data", "A. Person", "2026-01-01"),
        ),
        CheckResult("shift", "not applicable", "There is no newer span."),
        CheckResult(
            "importance",
            "passed",
            "`fare` explains most, 0.21 of the log-loss.",
            figures={
                "features": [
                    {"features": "fare", "loss_increase": 0.21, "low": 0.18, "high": 0.24},
                    {"features": SCRIPT, "loss_increase": 0.01, "low": -0.01, "high": 0.02},
                ]
            },
        ),
    )
    return RiskVerdict("made", 3000, checks)


def made_data(columns: int = 6) -> DataFacts:
    """Make what is known of a table of so many columns, one of which moved."""
    names = ["fare", "trip_miles", SCRIPT, *(f"column_{place}" for place in range(columns - 3))]
    bins = ({"name": "0–5", "before": 0.1, "after": 0.4},)
    moves = tuple(
        DriftFacts(name, 0.3 / (1 + place), 0.1, place == 0, bins=bins)
        for place, name in enumerate(names)
    )
    return DataFacts(
        "data/made",
        "0123456789abcdef" * 4,
        {"read": 10_000, "train": 6700, "eval": 3300, "without_label": 0},
        tuple(ColumnFacts(name, "numbers", 6700, 0.01, 0.02, 3.5, 1.2, 3.0) for name in names),
        6500,
        moves,
        moves[::-1],
        (Anomaly("eval", "fare", "Out of range: unexpectedly low values", "error"),),
        (DataFinding("drift", "warn", Problem("column `fare` moved", received="distance 0.300")),),
        ({"rule": "fare >= 0", "broken": 3, "rows": 10_000, "kept": True},),
        {name: 1 / (2 + place) for place, name in enumerate(names)},
        ("the first span is not compared",),
    )


def made_training() -> TrainingFacts:
    """Make losses that fall."""
    steps = tuple(range(1, 31))
    curves = (
        TrainingCurve("loss/train", steps, tuple(0.7 / step + 0.2 for step in steps)),
        TrainingCurve("loss/held_out", steps, tuple(0.6 / step + 0.24 for step in steps)),
    )
    return TrainingFacts(
        "wide_deep", {"family": "wide_deep", "epochs": 30, "members": {"mlp": 2}}, curves
    )


def made_steps() -> tuple[StepFacts, ...]:
    """Make steps of each state but failed."""
    seconds: Mapping[str, float] = {
        "CsvExampleGen": 0.8,
        "Transform": 4.1,
        "Trainer": 12.3,
        "Evaluator": 2.0,
        "Pusher": 0.1,
    }
    return tuple(
        StepFacts(
            name,
            "cached" if name == "CsvExampleGen" else "ran",
            x,
            "ran: first time",
            "10,000 rows",
            int(1e9 + 1e8 * x),
        )
        for name, x in seconds.items()
    )


def made_artifacts() -> tuple[ArtifactFacts, ...]:
    """Make the way from examples to the push."""
    keys = (
        "CsvExampleGen.examples",
        "Transform.transform_graph",
        "Trainer.model",
        "Pusher.pushed_model",
    )
    return tuple(
        ArtifactFacts(
            key,
            key.partition(".")[0],
            "Model",
            place + 1,
            f"tfx_pipeline_output/{key}",
            place != 1,
            1000,
            keys[place - 1 : place],
        )
        for place, key in enumerate(keys)
    )
