"""The analysis of rows in this process, and the transform graph that follows from it.

What Transform does through Beam, in one pass by `tf.data`: rows are parsed and computed in batches
of thousands on all cores, where Beam has batches of at most 1000 and dozens of stages around them.
The `preprocessing_fn` is traced three times and not nine.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform import (
    annotators,
    graph_context,
    impl_helper,
    schema_inference,
    tf2_utils,
)
from tensorflow_transform.saved import saved_transform_io_v2
from tensorflow_transform.tf_metadata import metadata_io, schema_utils

from tfx_pipeline.components.transform.analyzers import (
    Analyzer,
    ancestors,
    find_analyzers,
    sources_by_sink,
)
from tfx_pipeline.modules.features.parsing import parse_rows
from tfx_pipeline.processes.progress import progress_adds, progress_begins

_LOG = logging.getLogger(__name__)
# Cells of a batch: enough that a call of the graph costs less than its rows, few enough for memory.
_BATCH_CELLS = 2**17
_MOST_ROWS = 8192

PreprocessingFn: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def write_transform_graph(
    preprocessing_fn: PreprocessingFn,
    schema: schema_pb2.Schema,
    files: Sequence[str],
    directory: str,
    total_rows: int | None = None,
) -> int:
    """Analyze the rows of files, and write the artifact `transform_graph` into a local folder.

    Args:
        preprocessing_fn: takes and returns tensors by name.
        schema: of the raw columns.
        files: gzipped TFRecords of serialized tf.Examples.
        directory: the folder; it exists, or its parent does.
        total_rows: of the files, for a line of progress; None: nobody knows.

    Returns:
        The number of rows.

    Raises:
        CannotAnalyzeError: `preprocessing_fn` asks for what needs Beam; nothing was written.
    """
    parsing = schema_utils.schema_as_feature_spec(schema).feature_spec
    specs = impl_helper.get_type_specs_from_feature_specs(parsing)
    with tempfile.TemporaryDirectory(prefix="tfx-transform-") as temporary:
        traced = _Traced(preprocessing_fn, specs, temporary)
        analyzers = find_analyzers(traced.graph)
        progress_begins(total_rows)
        rows = traced.read(analyzers, parsing, files)
        _LOG.info("analyzed %d rows in this process, for %d analyzers", rows, len(analyzers))
        answers = _answers(analyzers, temporary)
        _write(traced, answers, schema, directory)
    return rows


class _Traced:
    """A `preprocessing_fn`, traced to see what it asks for.

    Attributes:
        preprocessing_fn, specs: what was traced, and the type of each raw feature.
        temporary: a folder.
        graph: the graph.
        inputs: the raw features in it.
        asset_map: names of files that the user's code gave them.
    """

    def __init__(
        self, preprocessing_fn: PreprocessingFn, specs: Mapping[str, tf.TypeSpec], temporary: str
    ) -> None:
        self.preprocessing_fn, self.specs, self.temporary = preprocessing_fn, specs, temporary
        context = graph_context.TFGraphContext(tf.Module(), temporary, evaluated_replacements=None)
        with annotators.object_tracker_scope(annotators.ObjectTracker()):
            traced = impl_helper.get_traced_transform_fn(preprocessing_fn, specs, context)
            self._function = traced.get_concrete_function()  # the graph lives as long as it does
        self.graph = self._function.graph
        self.inputs = tf2_utils.get_structured_inputs_from_func_graph(self.graph)
        self.asset_map = annotators.get_asset_annotations(self.graph)
        annotators.clear_asset_annotations(self.graph)

    def read(
        self, analyzers: Sequence[Analyzer], parsing: Mapping[str, Any], files: Sequence[str]
    ) -> int:
        """Give all rows to the analyzers; return how many there are."""
        if not analyzers:
            return 0
        sources = [tensor for analyzer in analyzers for tensor in analyzer.source]
        needed = {operation.name for operation in ancestors(tensor.op for tensor in sources)}
        read = [
            name
            for name, tensor in self.inputs.items()
            if any(component.op.name in needed for component in _components(tensor))
        ]
        columns = {name: parsing[name] for name in read}
        compute = self._pruned(
            [x for name in read for x in _components(self.inputs[name])], sources
        )

        @tf.autograph.experimental.do_not_convert
        def transform(serialized: tf.Tensor) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
            raw = parse_rows(serialized, columns)
            return tf.size(serialized), tuple(
                compute(*(x for name in read for x in _components(raw[name])))
            )

        size = max(1, min(_MOST_ROWS, _BATCH_CELLS // max(1, len(columns))))
        batches = tf.data.TFRecordDataset(files, "GZIP", num_parallel_reads=1).batch(size)
        rows = 0
        for count, values in batches.map(transform, tf.data.AUTOTUNE).as_numpy_iterator():
            rows += int(count)
            progress_adds(int(count))
            waiting = iter(values)
            for analyzer in analyzers:
                analyzer.accumulator.add([next(waiting) for _ in analyzer.source])
        return rows

    def _pruned(
        self, feeds: Sequence[tf.Tensor], fetches: Sequence[tf.Tensor]
    ) -> Callable[..., Any]:
        """Make a function of some tensors of the graph, without the rest of it.

        In the rest there are tables, which a call of the whole would fill anew.
        """
        definition = self.graph.as_graph_def()
        whole = tf.compat.v1.wrap_function(
            lambda: tf.graph_util.import_graph_def(definition, name=""), []
        )
        find = whole.graph.get_tensor_by_name
        return whole.prune([find(x.name) for x in feeds], [find(x.name) for x in fetches])


def _components(tensor: Any) -> list[tf.Tensor]:
    return tf.nest.flatten(tensor, expand_composites=True)


def _answers(analyzers: Sequence[Analyzer], temporary: str) -> dict[str, tf.Tensor]:
    """Collect the answers, by the name of the tensor that each replaces."""
    answers: dict[str, tf.Tensor] = {}
    for number, analyzer in enumerate(analyzers):
        folder = Path(temporary, f"answers-{number}")
        folder.mkdir()
        values = analyzer.accumulator.answers(str(folder))
        for place, tensor in analyzer.sinks.items():
            answers[tensor.name] = tf.constant(values[place], tensor.dtype)
    return answers


def _write(
    traced: _Traced, answers: Mapping[str, tf.Tensor], schema: schema_pb2.Schema, directory: str
) -> None:
    """Write the files of the artifact."""
    output = tft.TFTransformOutput
    context = graph_context.TFGraphContext(tf.Module(), traced.temporary, answers)
    final = saved_transform_io_v2.write_v2_saved_model(
        context.module_to_export,
        impl_helper.get_traced_transform_fn(traced.preprocessing_fn, traced.specs, context),
        "transform_fn",
        os.path.join(directory, output.TRANSFORM_FN_DIR),
    )
    if sources_by_sink(final.graph) != sources_by_sink(traced.graph):
        raise RuntimeError(
            "preprocessing_fn does not ask for the same each time that it is traced: let it call"
            " tf.Transform's analyzers in a fixed order"
        )
    transformed = os.path.join(directory, output.TRANSFORMED_METADATA_DIR)
    metadata_io.write_metadata(_transformed_metadata(traced, answers, final), transformed)
    if traced.asset_map:
        Path(transformed, output.ASSET_MAP).write_text(json.dumps(traced.asset_map), "utf-8")
    raw = os.path.join(directory, output.RAW_METADATA_DIR)
    metadata_io.write_metadata(tft.DatasetMetadata(schema), raw)


def _transformed_metadata(
    traced: _Traced, answers: Mapping[str, tf.Tensor], final: Any
) -> tft.DatasetMetadata:
    """Infer the transformed schema, as tf.Transform does, but for the inputs that it makes up.

    It makes an input a column. What is asked for does not depend on inputs, so all columns of one
    type get the same one.
    """
    alike = {spec: name for name, spec in traced.specs.items()}
    first = {name: alike[spec] for name, spec in traced.specs.items()}

    def preprocessing_fn(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        return traced.preprocessing_fn({name: inputs[first[name]] for name in traced.specs})

    context = graph_context.TFGraphContext(tf.Module(), traced.temporary, answers)
    metadata_fn = schema_inference.get_traced_metadata_fn(
        preprocessing_fn,
        {name: traced.inputs[name] for name in alike.values()},
        context,
        evaluate_schema_overrides=True,
    )
    schema = schema_inference.infer_feature_schema_v2(
        final.structured_outputs, metadata_fn, evaluate_schema_overrides=True
    )
    return tft.DatasetMetadata(schema)
