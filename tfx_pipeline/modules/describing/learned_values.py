"""What a transform graph holds of the generic `preprocessing_fn`: learned values, whose feature."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.describing.errors import NotDescribableError
from tfx_pipeline.modules.model.transform_graph import TransformGraph

_LEARNED = "learned_"


def refuse_foreign_features(graph: TransformGraph, scope: str, features: Collection[str]) -> None:
    """Refuse a graph in which other operations than those of the scope make these features.

    A constant, and the copies that tf.Transform makes of inputs, compute nothing.

    Raises:
        NotDescribableError: naming the first such feature.
    """
    own = f"{scope}/"
    foreign: set[str] = set()
    for operation in graph.function.graph.get_operations():
        computes = len(operation.inputs) > 0 and operation.type != "Identity"
        if (computes and not operation.name.startswith(own)) or any(
            tensor.op.name in foreign for tensor in operation.inputs
        ):
            foreign.add(operation.name)
    tensors = iter(graph.function.outputs)
    for name, spec in sorted(graph.function.structured_outputs.items()):
        parts = [next(tensors) for _ in tf.nest.flatten(spec, expand_composites=True)]
        if name in features and any(tensor.op.name in foreign for tensor in parts):
            raise NotDescribableError(
                f"the transformed feature {name!r} is not what the generic preprocessing_fn makes"
                " of the configuration: a preprocessing_fn of your own (hooks.preprocessing_fn)"
                " can be served as SavedModel only"
            )


def learned_values(graph: TransformGraph, scope: str) -> dict[str, NDArray[Any]]:
    """Read the tensors of the scope that are named `learned_…`, by that name."""
    traced = graph.function.graph
    prefix = f"{scope}/{_LEARNED}"
    wanted = [x for x in traced.get_operations() if x.name.startswith(prefix)]
    if not wanted:
        return {}
    captured = graph.function.captured_inputs
    inner = traced.inputs[len(traced.inputs) - len(captured) :]
    known = {x.op.name: value for x, value in zip(inner, captured, strict=True)}
    definition, fed = _ancestors(wanted), {}
    for node in definition.node:
        if node.name in known:
            fed[f"{node.name}:0"] = known[node.name].numpy()
    with tf.Graph().as_default() as alone, tf.compat.v1.Session(graph=alone) as session:
        tf.graph_util.import_graph_def(definition, name="")
        values = session.run([f"{x.name}:0" for x in wanted], fed)
    return {x.name.rpartition("/")[2]: y for x, y in zip(wanted, values, strict=True)}


def _ancestors(operations: list[tf.Operation]) -> tf.compat.v1.GraphDef:
    """Take what these operations are computed from."""
    definition = tf.compat.v1.GraphDef()
    waiting, taken = list(operations), {x.name for x in operations}
    while waiting:
        operation = waiting.pop()
        definition.node.append(operation.node_def)
        for other in [tensor.op for tensor in operation.inputs]:
            if other.name not in taken:
                taken.add(other.name)
                waiting.append(other)
    return definition
