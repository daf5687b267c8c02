"""Compares what two runs of one pipeline made, wherever they ran."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

Artifacts = Mapping[str, str]
"""`Node.output` -> folder."""


def assert_same_results(one: Artifacts, other: Artifacts, slack: float = 1e-6) -> None:
    """Compare splits, schema, vocabularies and, within `slack`, metrics."""
    for split in ("train", "eval"):
        assert _rows(one, split) == _rows(other, split), split
    assert _schema(one) == _schema(other)
    assert _vocabularies(one) == _vocabularies(other)
    metrics, others = _metrics(one), _metrics(other)
    assert metrics.keys() == others.keys()
    for name, value in metrics.items():
        both_undefined = math.isnan(value) and math.isnan(others[name])
        assert both_undefined or abs(value - others[name]) <= slack, (name, value, others[name])


def _rows(artifacts: Artifacts, split: str) -> list[bytes]:
    """Give the rows of a split; shards and their order are the orchestrator's own."""
    import tensorflow as tf

    folder = Path(artifacts["CsvExampleGen.examples"]) / f"Split-{split}"
    files = [str(file) for file in folder.iterdir()]
    rows = sorted(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator())
    assert rows
    return rows


def _schema(artifacts: Artifacts) -> str:
    return (Path(artifacts["SchemaGen.schema"]) / "schema.pbtxt").read_text(encoding="utf-8")


def _vocabularies(artifacts: Artifacts) -> dict[str, bytes]:
    folder = Path(artifacts["Transform.transform_graph"]) / "transform_fn" / "assets"
    found = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert found
    return found


def _metrics(artifacts: Artifacts) -> dict[str, float]:
    import tensorflow_model_analysis as tfma

    result = tfma.load_eval_result(artifacts["Evaluator.evaluation"])
    found: dict[str, float] = {}
    for key, values in result.slicing_metrics:
        for name, value in values[""][""].items():
            if "doubleValue" in value:
                found[f"{key} {name}"] = float(value["doubleValue"])  # NaN is a text
    assert found
    return found
