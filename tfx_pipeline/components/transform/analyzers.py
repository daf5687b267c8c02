"""What a `preprocessing_fn` asks to be learned of the rows, as things that take batch after batch.

tf.Transform notes each question in the traced graph, as a sink: the tensor that the answer will
replace, and the operations that lead to it. Those of combiners, which are most of its analyzers,
and our own can be worked through batch by batch; a vocabulary, or an analyzer that needs the answer
of another one first, is left to Beam. The names used here are the same from TFX 1.16 to 1.21.

Terms:
    source: the tensors that an analyzer reads.
    answer: a number, an array, or the path of a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_transform import analyzer_nodes, nodes


class Accumulator(Protocol):
    """Learns from batches, each an array per tensor of the source."""

    def add(self, batch: Sequence[NDArray[Any]]) -> None:
        """Take a batch."""

    def answers(self, directory: str) -> Sequence[Any]:
        """Give all answers; files go to `directory`, which exists, and keep their names."""


@dataclass(frozen=True)
class Analyzer:
    """An analyzer.

    Attributes:
        source: what it reads.
        accumulator: what answers it.
        sinks: the tensors that the answers replace, by place among the answers.
    """

    source: tuple[tf.Tensor, ...]
    accumulator: Accumulator
    sinks: dict[int, tf.Tensor]


class CannotAnalyzeError(Exception):
    """An analyzer needs Beam; the message says which, and why."""


def find_analyzers(graph: tf.Graph) -> list[Analyzer]:
    """List the analyzers of a traced `preprocessing_fn`.

    Raises:
        CannotAnalyzeError: one of them cannot be worked through in one pass over the rows.
    """
    sinks = graph.get_collection(analyzer_nodes.TENSOR_REPLACEMENTS)
    found: dict[int, Analyzer] = {}
    for sink in sinks:
        operation = sink.future.parent_operation
        key = id(operation)
        if key not in found:
            found[key] = Analyzer(*_read(operation), {})
        found[key].sinks[sink.future.value_index] = sink.tensor
    answered = {sink.tensor.op.name for sink in sinks}
    for analyzer in found.values():
        _refuse_second_pass(analyzer, answered)
    return list(found.values())


def sources_by_sink(graph: tf.Graph) -> dict[str, tuple[list[str], set[str]]]:
    """Say what the analyzers of a graph read, answered or not: operations, and inputs of the graph.

    Two traces of one `preprocessing_fn` differ in it, if they ask for different things.
    """
    sources = {}
    for sink in graph.get_collection(analyzer_nodes.ALL_REPLACEMENTS):
        operations = [tensor.op for tensor in _source(sink.future.parent_operation)]
        read = {x.name for x in ancestors(operations) if x.type == "Placeholder"}
        sources[sink.tensor.name] = ([x.type for x in operations], read)
    return sources


class _Combined:
    """The answers of one of tf.Transform's combiners."""

    def __init__(self, combiner: analyzer_nodes.Combiner) -> None:
        self._combiner = combiner
        self._state = combiner.create_accumulator()

    def add(self, batch: Sequence[NDArray[Any]]) -> None:
        self._state = self._combiner.add_input(self._state, tuple(batch))

    def answers(self, directory: str) -> Sequence[Any]:
        state = self._combiner.compact(self._state)
        return list(self._combiner.extract_output(state))


def _read(operation: nodes.OperationNode) -> tuple[tuple[tf.Tensor, ...], Accumulator]:
    """Find the source of an operation, and who answers it."""
    definition = operation.operation_def
    path = [definition]
    while operation.inputs:
        operation = operation.inputs[0].parent_operation
        path.append(operation.operation_def)
    *steps, source = path
    kinds = [type(step) for step in steps]
    if kinds == [
        analyzer_nodes.ExtractCombineMergeOutputs,
        analyzer_nodes.CacheableCombineMerge,
        analyzer_nodes.CacheableCombineAccumulate,
    ]:
        return source.tensors, _Combined(steps[-1].combiner)
    if kinds == [analyzer_nodes.PTransform] and hasattr(definition.ptransform, "accumulator"):
        return source.tensors, definition.ptransform.accumulator()
    raise CannotAnalyzeError(f"the analyzer {definition.label} is one of Beam's own")


def _source(operation: nodes.OperationNode) -> tuple[tf.Tensor, ...]:
    """Give the source of an operation."""
    while operation.inputs:
        operation = operation.inputs[0].parent_operation
    return tuple(operation.operation_def.tensors)


def _refuse_second_pass(analyzer: Analyzer, answered: set[str]) -> None:
    """Raise where the source depends on another answer, or on a table that one would fill."""
    for operation in ancestors(tensor.op for tensor in analyzer.source):
        if operation.name in answered:
            raise CannotAnalyzeError(
                f"an analyzer reads what another one answers: {operation.name}"
            )
        if any(output.dtype == tf.resource for output in operation.outputs):
            raise CannotAnalyzeError(f"an analyzer reads what is looked up: {operation.name}")


def ancestors(operations: Iterable[tf.Operation]) -> Iterable[tf.Operation]:
    """Give these operations and all that they are computed from, each once."""
    waiting, seen = list(operations), set()
    while waiting:
        operation = waiting.pop()
        if operation.name not in seen:
            seen.add(operation.name)
            yield operation
            waiting.extend(x.op for x in operation.inputs)
