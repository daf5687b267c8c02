"""How well models of the taxi label predict, measured the same way for all.

Terms:
    label: 1 where `tips > 0.2 * fare`. `tips` is never a feature.
    metrics: `auc`, `pr_auc`, `log_loss`, `accuracy`, over the rows of an eval split.

Each function below runs in a process of its own: the process that measures others must not load
TensorFlow, whose pages it would then share with them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Metrics = dict[str, float]

_TFMA_NAMES = {
    "auc": "auc",
    "pr_auc": "auc_precision_recall",
    "log_loss": "binary_crossentropy",
    "accuracy": "binary_accuracy",
}
# Integers that name something; strings are taken for names in any case.
_CODES = ("pickup_community_area", "dropoff_community_area", "trip_start_month", "trip_start_day")


def evaluator_metrics(evaluation: Path) -> Metrics:
    """Read what an Evaluator measured over all rows, from its `evaluation` artifact."""
    return _in_fresh_process("_evaluator_metrics", str(evaluation))


def tree_metrics(examples: Path, seed: int) -> Metrics:
    """Train scikit-learn's `HistGradientBoostingClassifier` on one split, measure it on the other.

    The examples are ExampleGen's artifact, with `Split-train` and `Split-eval`.
    """
    return _in_fresh_process("_tree_metrics", str(examples), str(seed))


def _in_fresh_process(function: str, *arguments: str) -> Metrics:
    command = [sys.executable, __file__, function, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{function} of {', '.join(arguments)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _evaluator_metrics(evaluation: str) -> Metrics:
    import tensorflow_model_analysis as tfma

    slices = dict(tfma.load_eval_result(evaluation).slicing_metrics)
    values = slices[()][""][""]
    return {name: values[tfma_name]["doubleValue"] for name, tfma_name in _TFMA_NAMES.items()}


def _tree_metrics(folder: str, seed: str) -> Metrics:
    from sklearn import metrics
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    train, eval_ = (_read_split(Path(folder, f"Split-{name}")) for name in ("train", "eval"))
    names = [c for c in train if train[c].dtype == object or c in _CODES]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    trees = HistGradientBoostingClassifier(
        categorical_features=list(range(len(names))), random_state=int(seed)
    )
    model = make_pipeline(make_column_transformer((encoder, names), remainder="passthrough"), trees)
    model.fit(train.drop(columns="tips"), _label(train))
    scores = model.predict_proba(eval_[train.columns].drop(columns="tips"))[:, 1]
    label = _label(eval_)
    return {
        "auc": metrics.roc_auc_score(label, scores),
        "pr_auc": metrics.average_precision_score(label, scores),
        "log_loss": metrics.log_loss(label, scores),
        "accuracy": metrics.accuracy_score(label, scores >= 0.5),
    }


def _label(rows: Any) -> Any:
    return (rows["tips"] > 0.2 * rows["fare"]).astype(int)


def _read_split(folder: Path) -> Any:
    """Make a data frame of `tf.Example` records; a feature without a value becomes missing."""
    import pandas as pd
    import tensorflow as tf

    files = sorted(str(file) for file in folder.iterdir())
    records = tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator()
    rows = []
    for record in records:
        row = {}
        for name, feature in tf.train.Example.FromString(record).features.feature.items():
            values = getattr(feature, feature.WhichOneof("kind") or "int64_list").value
            row[name] = values[0] if values else None
        rows.append(row)
    frame = pd.DataFrame(rows)
    return frame.reindex(columns=sorted(frame.columns))


if __name__ == "__main__":
    functions: dict[str, Callable[..., Any]] = {
        "_evaluator_metrics": _evaluator_metrics,
        "_tree_metrics": _tree_metrics,
    }
    print(json.dumps(functions[sys.argv[1]](*sys.argv[2:])))
