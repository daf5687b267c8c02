"""The transform graph, loaded for training and for the exported model.

`tft.TFTransformOutput.transform_features_layer` does the same by way of a Keras 2 model, which
takes seconds to trace and to save, and cannot be part of a Keras 3 model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from tfx_pipeline.modules.features.columns import MISSING, RawFeature, count_rows
from tfx_pipeline.storage import fileio


class TransformGraph(tf.Module):
    """Applies `preprocessing_fn` as Transform froze it.

    Attributes:
        raw_spec: how to parse a tf.Example into raw features: name to VarLenFeature (a column that
            may be missing) or FixedLenFeature, whose default says that the value is missing.
        schema: the transformed schema.
        reads: per transformed feature, the raw features whose values it is computed from.
        function: what transforms, traced.
        assets: the folder or URI of the files that its tables are filled from.
    """

    def __init__(self, directory: str) -> None:
        """Load the artifact `transform_graph` at `directory`."""
        super().__init__()
        output = tft.TFTransformOutput(directory)
        self.raw_spec = {
            name: _with_default(spec) for name, spec in output.raw_feature_spec().items()
        }
        self.schema = output.transformed_metadata.schema
        # Tracked: an exported model that holds this module holds the tables and their files.
        self._loaded = tf.saved_model.load(output.transform_savedmodel_dir)
        self.function = self._loaded.transform_fn
        self.assets = fileio.join(output.transform_savedmodel_dir, "assets")
        self._specs = self.function.structured_input_signature[0][0]
        self.reads = self._find_reads()

    def __call__(self, raw: Mapping[str, RawFeature]) -> dict[str, tf.Tensor]:
        """Transform a batch of raw features, as `raw_spec` parses them; some may be left out.

        Given are the transformed features that need none that was left out.
        """
        rows = count_rows(raw)
        given = {
            name: raw[name] if name in raw else _nothing(spec, rows)
            for name, spec in self._specs.items()
        }
        transformed = self.function(given)
        return {name: x for name, x in transformed.items() if self.reads[name] <= raw.keys()}

    def _find_reads(self) -> dict[str, set[str]]:
        """See `reads`. The number of rows, which any raw feature tells, is no value."""
        names = sorted(self._specs)
        raw: dict[str, int] = {}
        tensors = iter(self.function.graph.inputs)
        for place, name in enumerate(names):
            operations = [next(tensors).op.name for _ in _components(self._specs[name])]
            if isinstance(self._specs[name], tf.SparseTensorSpec):
                del operations[2]  # after indices and values: the shape
            raw |= dict.fromkeys(operations, 1 << place)
        read = _bits_read(self.function.graph, raw)
        reads: dict[str, set[str]] = {}
        named: dict[int, set[str]] = {}  # a thousand outputs read few different sets of columns
        tensors = iter(self.function.outputs)
        for output, spec in sorted(self.function.structured_outputs.items()):
            bits = 0
            for _ in _components(spec):
                bits |= read[next(tensors).op.name]
            if bits not in named:
                named[bits] = {name for place, name in enumerate(names) if bits >> place & 1}
            reads[output] = named[bits]
        return reads


def _with_default(spec: Any) -> Any:
    """Let a required column of one value a row be absent: a caller may not know it."""
    if isinstance(spec, tf.io.FixedLenFeature) and list(spec.shape) in ([], [1]):
        return spec._replace(default_value=MISSING[spec.dtype])
    return spec


def _components(spec: tf.TypeSpec) -> list[tf.TypeSpec]:
    return tf.nest.flatten(spec, expand_composites=True)


def _bits_read(graph: tf.Graph, raw: Mapping[str, int]) -> dict[str, int]:
    """Find what each operation is computed from, as the sum of the bits of inputs of the graph.

    One pass: a graph without loops lists an operation after those that it reads.
    """
    read: dict[str, int] = {}
    for operation in graph.get_operations():
        bits = raw.get(operation.name, 0)
        if operation.type != "Shape":
            for tensor in operation.inputs:
                bits |= read[tensor.op.name]
        read[operation.name] = bits
    return read


def _nothing(spec: tf.TypeSpec, rows: tf.Tensor) -> RawFeature:
    """Make a raw feature of which no row has a value."""
    if isinstance(spec, tf.SparseTensorSpec):
        shape = tf.stack([rows, 0])
        return tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0], spec.dtype), shape)
    if isinstance(spec, tf.RaggedTensorSpec):
        splits = tf.zeros([rows + 1], tf.int64)
        return tf.RaggedTensor.from_row_splits(tf.zeros([0], spec.dtype), splits, validate=False)
    return tf.zeros([rows, *spec.shape[1:]], spec.dtype)
