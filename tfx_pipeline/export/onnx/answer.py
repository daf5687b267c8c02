"""Answers, made of logits: see `modules.description.model_description.Answer`."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from tfx_pipeline.export.onnx.graph import Graph
from tfx_pipeline.modules.description.model_description import Answer

Output: TypeAlias = tuple[str, Any, tuple[Any, ...]]
"""Name, NumPy type and shape."""


def outputs_of(answer: Answer) -> tuple[Output, ...]:
    """Tell what is answered."""
    if answer.task == "regression":
        return (("value", np.float32, ("batch",)),)
    chosen: Output = ("class", object, ("batch",))
    if answer.task == "multiclass":
        return ("probabilities", np.float32, ("batch", len(answer.classes))), chosen
    probability: Output = ("probability", np.float32, ("batch",))
    return (probability,) if answer.threshold is None else (probability, chosen)


def end_with_answers(graph: Graph, answer: Answer, logits: str) -> None:
    """Make the outputs of logits, `[batch, outputs]`."""
    if answer.task == "multiclass":
        graph.end(graph.add("Softmax", logits, axis=1), "probabilities")
        likeliest = graph.add("ArgMax", logits, axis=1, keepdims=0)
        graph.end(_names(graph, answer, likeliest), "class")
        return
    logit = graph.add("Reshape", logits, graph.table([-1], np.int64))
    if answer.task == "regression":
        scaled = graph.add("Mul", logit, graph.table(answer.deviation, np.float32))
        graph.end(graph.add("Add", scaled, graph.table(answer.mean, np.float32)), "value")
        return
    probability = graph.add("Sigmoid", logit)
    graph.end(probability, "probability")
    if answer.threshold is not None:
        above = graph.add("Greater", probability, graph.table(answer.threshold, np.float32))
        graph.end(_names(graph, answer, graph.cast(above, np.int64)), "class")


def _names(graph: Graph, answer: Answer, places: str) -> str:
    return graph.add("Gather", graph.table(np.array(answer.classes, object)), places, axis=0)
