"""The exported model and its signatures.

Terms:
    instance: raw features by name, one tensor each, `[batch]`, as TensorFlow Serving makes them of
        `{"instances": [{"trip_miles": 3.2, …}]}`. Names are those of the columns, whatever they
        are (see `input_names`). Numbers are float32; NaN and infinite ones are missing. Texts: ""
        is missing. Whole numbers are float64, so that any JSON number is taken, exactly up to
        2**53; NaN and infinite ones are missing. In a column of whole numbers there is no
        fraction: one that is sent for a size (a number, a moment) is rounded to the nearest whole
        number, half to even, and one beyond int64 stands at its end; but as a name (a category, a
        key), neither these nor 2**53 and more, which JSON does not keep apart, are any name that
        is known: they are unknown.
    examples: serialized tf.Example, `[batch] string`; an absent feature is missing, also where the
        schema says that it is required: what holds for the table need not for a caller.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import tensorflow as tf

from tfx_pipeline.modules.description.columns import AMBIGUOUS, LARGEST_WHOLE
from tfx_pipeline.modules.features.columns import MISSING, RawFeature
from tfx_pipeline.modules.features.kinds import KINDS
from tfx_pipeline.modules.features.parsing import parse_rows
from tfx_pipeline.modules.label_rule.rule import LABEL_KNOWN
from tfx_pipeline.modules.model.input_names import allowed_names, rename_inputs
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.signature_names import (
    CLASSIFY,
    PREDICTION_KEYS,
    SERVING_EXAMPLES,
    TRANSFORM_FEATURES,
)
from tfx_pipeline.modules.model.tasks import Classification, Task
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE

Spec: TypeAlias = tf.io.VarLenFeature | tf.io.FixedLenFeature
INSTANCE_DTYPES = {tf.float32: tf.float32, tf.int64: tf.float64, tf.string: tf.string}
"""Data type of an instance's tensor, by that of the column."""


class ServedModel(tf.Module):
    """Transform graph and model together: raw features in, predictions out."""

    def __init__(
        self,
        graph: TransformGraph,
        inputs: ModelInputs,
        scorer: Callable[[Mapping[str, tf.Tensor]], tf.Tensor],
        task: Task,
        raw_features: Sequence[str],
        names: Collection[str] = (),
    ) -> None:
        """Put the parts together.

        `scorer` makes logits of what `inputs` assembles: a module that tracks its variables.
        `raw_features` are the columns that a caller sends; `names` those of them whose numbers are
        only names: categories, or keys.

        Raises:
            ValueError: a raw feature is no column, or holds more than a value a row; or the
                model needs a column that no caller sends.
        """
        super().__init__()
        self._graph, self._inputs, self._task = graph, inputs, task
        self._scorer = scorer
        self._names = frozenset(names)
        self._raw_spec = {name: _single_value_spec(graph, name) for name in raw_features}
        for feature in inputs.names:
            if unsent := sorted(graph.reads[feature] - set(raw_features)):
                raise ValueError(
                    f"transformed feature {feature!r} is computed from {unsent}, which a caller"
                    f" of the model does not send; allowed: {list(raw_features)}. Add the column"
                    " to features, or leave the feature out in preprocessing_fn"
                )

    def save(self, directory: str) -> None:
        """Write the SavedModel, which refers to nothing outside its folder."""
        examples = tf.TensorSpec([None], tf.string, "examples")
        allowed = allowed_names(self._raw_spec)
        instances = {
            allowed[name]: tf.TensorSpec([None], INSTANCE_DTYPES[spec.dtype], allowed[name])
            for name, spec in self._raw_spec.items()
        }
        signatures = {
            DEFAULT_SIGNATURE: _traced(partial(self._answer_instances, allowed), instances),
            SERVING_EXAMPLES: _traced(self._answer_examples, examples),
            TRANSFORM_FEATURES: _traced(self._transform_examples, examples),
        }
        inputs = tf.TensorSpec([None], tf.string, "inputs")
        if isinstance(self._task, Classification):
            signatures[CLASSIFY] = _traced(partial(self._classify, self._task), inputs)
        else:
            signatures["regress"] = _traced(self._regress, inputs)
        tf.saved_model.save(self, directory, signatures)
        rename_inputs(directory, DEFAULT_SIGNATURE, allowed)

    def _logits(self, raw: Mapping[str, RawFeature]) -> tf.Tensor:
        return self._scorer(self._inputs.assemble(self._graph(raw)))

    @tf.function(autograph=False)  # traced once for the signatures that share it
    def _logits_of_examples(self, examples: tf.Tensor) -> tf.Tensor:
        return self._logits(parse_rows(examples, self._raw_spec))

    def _answer_instances(
        self, allowed: Mapping[str, str], instances: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        columns = {name: instances[allowed[name]] for name in self._raw_spec}
        raw = _raw(columns, self._raw_spec, self._names)
        return self._task.predictions(self._logits(raw))

    def _answer_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._task.predictions(self._logits_of_examples(examples))

    def _classify(self, task: Classification, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        scores = task.scores(self._logits_of_examples(inputs))
        classes = tf.broadcast_to(tf.constant(task.classes), tf.shape(scores))
        return {"classes": classes, "scores": scores}

    def _regress(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"outputs": self._answer_examples(inputs)[PREDICTION_KEYS["regression"]]}

    def _transform_examples(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        """Transform, label included, as the Evaluator needs it."""
        features = self._graph(parse_rows(examples, self._graph.raw_spec))
        known = tf.ones([tf.size(examples), 1])
        return {LABEL_KNOWN: known} | features


def instance_reader(
    graph: TransformGraph,
    inputs: ModelInputs,
    raw_features: Sequence[str],
    names: Collection[str] = (),
) -> Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]:
    """Make what turns instances into what a scorer reads, as `serving_default` does.

    `raw_features` and `names`: see `ServedModel`.
    """
    specs = {name: _single_value_spec(graph, name) for name in raw_features}
    tensors = {
        name: tf.TensorSpec([None], INSTANCE_DTYPES[spec.dtype]) for name, spec in specs.items()
    }

    @tf.function(input_signature=[tensors], autograph=False)
    def read(columns: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return inputs.assemble(graph(_raw(columns, specs, names)))

    def of_columns(columns: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        given = {name: tf.cast(columns[name], spec.dtype) for name, spec in tensors.items()}
        return read(given)

    return of_columns


def only_names(config: Mapping[str, Any]) -> set[str]:
    """Find the raw features that no feature uses by their size, by the settings of the Trainer."""
    features = config["features"].items()
    return set(config["raw_features"]) - {x for x, each in features if KINDS[each["kind"]].is_size}


def _traced(
    function: Callable[..., dict[str, tf.Tensor]], spec: tf.TypeSpec | dict[str, tf.TypeSpec]
) -> tf.types.experimental.ConcreteFunction:
    return tf.function(function, autograph=False).get_concrete_function(spec)


def _single_value_spec(graph: TransformGraph, name: str) -> Spec:
    """Return how to parse a column of which a row has one value or none."""
    spec = graph.raw_spec.get(name)
    if spec is None:
        raise ValueError(f"no column {name!r} in the schema; it has {', '.join(graph.raw_spec)}")
    shape = getattr(spec, "shape", [])
    if spec.dtype not in INSTANCE_DTYPES or list(shape) not in ([], [1]):
        raise ValueError(
            f"column {name!r} cannot be sent as a raw feature: received {spec}; allowed: one"
            " float32, int64 or string a row"
        )
    return spec


def _raw(
    columns: Mapping[str, tf.Tensor], specs: Mapping[str, Spec], names: Collection[str]
) -> dict[str, RawFeature]:
    """Make raw features of the values of instances; any shape of one value a row is taken.

    Columns of one form and type are computed together: a thousand of them one by one are twenty
    thousand operations, to be traced, saved, loaded and run. `names`: see `ServedModel`.
    """
    alike: dict[tuple[object, ...], list[str]] = {}
    for name, spec in specs.items():
        is_sparse = isinstance(spec, tf.io.VarLenFeature)
        shape = () if is_sparse else tuple(spec.shape)
        key = (is_sparse, shape, spec.dtype, spec.dtype.is_integer and name in names)
        alike.setdefault(key, []).append(name)
    raw, one_axis = dict[str, RawFeature](), tf.constant([-1])
    for (*_, is_name), group in alike.items():
        values = tf.stack([_flat(columns[name], one_axis) for name in group])
        raw |= zip(group, _features(values, specs[group[0]], is_name=bool(is_name)), strict=True)
    return raw


def _flat(values: tf.Tensor, one_axis: tf.Tensor) -> tf.Tensor:
    # Without the detour TensorFlow, knowing `[batch]`, would leave the reshaping out.
    unknown_shape = tf.raw_ops.PlaceholderWithDefault(input=values, shape=tf.TensorShape(None))
    return tf.reshape(unknown_shape, one_axis)


def _features(values: tf.Tensor, spec: Spec, *, is_name: bool) -> list[RawFeature]:
    """Make a raw feature of each column of values, `[columns, batch]`."""
    columns = values.shape[0]
    is_given = values != "" if spec.dtype == tf.string else tf.math.is_finite(values)
    if spec.dtype.is_integer:
        values = _whole_numbers(values, is_given, is_name=is_name)
    if not isinstance(spec, tf.io.VarLenFeature):
        missing = tf.constant(MISSING[spec.dtype], spec.dtype)
        dense = tf.where(is_given, values, missing)
        return tf.unstack(tf.reshape(dense, [columns, -1, *spec.shape]))
    cells = tf.where(is_given)  # column by column
    counts = tf.reduce_sum(tf.cast(is_given, tf.int64), axis=1)
    rows = tf.split(tf.pad(cells[:, 1:], [[0, 0], [0, 1]]), counts, num=columns)
    given = tf.split(tf.gather_nd(values, cells), counts, num=columns)
    shape = tf.stack([tf.shape(values, tf.int64)[1], tf.constant(1, tf.int64)])
    return [tf.SparseTensor(*each, shape) for each in zip(rows, given, strict=True)]


def _whole_numbers(values: tf.Tensor, is_given: tf.Tensor, *, is_name: bool) -> tf.Tensor:
    """Make int64 of float64; see the module's terms. 0 where nothing is given."""
    values = tf.where(is_given, values, tf.zeros_like(values))
    rounded = tf.round(values)
    whole = tf.cast(tf.clip_by_value(rounded, -LARGEST_WHOLE, LARGEST_WHOLE), tf.int64)
    if not is_name:
        return whole
    is_known = (rounded == values) & (tf.abs(values) < AMBIGUOUS)
    return tf.where(is_known, whole, tf.constant(tf.int64.max, tf.int64))
