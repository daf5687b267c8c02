"""A user's own `preprocessing_fn`, with tft's own analyzers, and our `run_fn`."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft

from tests.modules.tables import Table, make_config, make_fn_args
from tfx_pipeline.modules.description.description_file import NoDescriptionError, read_description
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.training import run_fn

pytestmark = pytest.mark.slow
ROWS = [{"miles": float(i), "city": "abca"[i % 4], "fare": 2.0 + i % 3} for i in range(40)]
TABLE = Table({"miles": float, "city": str, "fare": float}, ROWS)
CONFIG = make_config(
    label={"column": "fare", "task": "binary"},
    features={"miles": {"kind": "numeric"}, "city": {"kind": "categorical"}},
    model={"epochs": 3},
)


def dense(feature, missing=0.0):
    values = tf.SparseTensor(feature.indices, feature.values, [feature.dense_shape[0], 1])
    return tf.sparse.to_dense(values, missing)


def preprocessing_fn(inputs):
    miles, fare = dense(inputs["miles"]), dense(inputs["fare"])
    return {
        "miles": tft.scale_to_z_score(miles),
        "miles_bucket": tft.bucketize(miles, 4),
        "city": tft.compute_and_apply_vocabulary(dense(inputs["city"], ""), num_oov_buckets=2),
        "label": tf.cast(fare > 2, tf.int64),
    }


def leaking_preprocessing_fn(inputs):
    fare = dense(inputs["fare"])
    return {"fare": fare, "label": tf.cast(fare > 2, tf.int64)}


def unlabelled_preprocessing_fn(inputs):
    return {"miles": dense(inputs["miles"])}


def train(fn, directory):
    artifact = TABLE.analyze_with(fn, directory)
    file = TABLE.write(directory / "rows.gz")
    run_fn(make_fn_args(CONFIG, artifact, file, file, directory))
    return artifact


def test_own_preprocessing_fn_trains_and_serves(tmp_path):
    inputs = ModelInputs.from_schema(TransformGraph(train(preprocessing_fn, tmp_path)).schema)
    assert inputs == ModelInputs({"miles": 1}, {"city": 3 + 2, "miles_bucket": 4})
    signatures = tf.saved_model.load(str(tmp_path / "model")).signatures
    examples = tf.constant(TABLE.serialized())
    by_example = signatures["serving_examples"](examples=examples)["probability"]
    columns = {name: tf.constant([row[name] for row in ROWS]) for name in ("miles", "city")}
    by_instance = signatures["serving_default"](**columns)["probability"]
    np.testing.assert_allclose(by_example, by_instance, rtol=1e-6)
    features = signatures["transform_features"](examples=examples)
    assert features["label_known"].numpy().tolist() == [[1.0]] * len(ROWS)
    assert features["label"].numpy()[:3].tolist() == [[0], [1], [1]]
    with pytest.raises(NoDescriptionError, match=r"cannot be described: .* of your own"):
        read_description(tmp_path / "model")


def test_own_preprocessing_fn_that_reads_what_no_caller_sends_raises_naming_it(tmp_path):
    message = r"transformed feature 'fare' is computed from \['fare'\], which a caller"
    with pytest.raises(ValueError, match=message):
        train(leaking_preprocessing_fn, tmp_path)


def test_own_preprocessing_fn_without_label_raises_saying_what_it_returns(tmp_path):
    with pytest.raises(ValueError, match=r"returns no 'label': received \['miles'\]"):
        train(unlabelled_preprocessing_fn, tmp_path)
