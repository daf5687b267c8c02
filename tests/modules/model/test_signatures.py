from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.smoke_rows import read_smoke_rows

pytestmark = pytest.mark.slow
MODELS = {"taxi": "probability", "penguins": "probabilities", "ames": "value"}


@pytest.fixture(params=MODELS)
def trained(request):
    return request.getfixturevalue(request.param), MODELS[request.param]


@pytest.fixture(scope="module")
def load():
    models = {}

    def cached(trained):
        if trained.model not in models:
            models[trained.model] = tf.saved_model.load(str(trained.model))
        return models[trained.model].signatures

    return cached


def ask(signature, instances):
    """Send instances as TensorFlow Serving does: one tensor a named input."""
    specs = signature.structured_input_signature[1]
    return signature(
        **{
            name: tf.constant([instance[name] for instance in instances], spec.dtype)
            for name, spec in specs.items()
        }
    )


def instances_of(trained):
    """Write rows as a caller does: NaN and "" where a value is missing."""
    missing = {str: "", int: float("nan"), float: float("nan")}
    return [
        {
            name: missing[trained.evaluation.kinds[name]] if row[name] is None else row[name]
            for name in trained.config.raw_features
        }
        for row in trained.evaluation.rows
    ]


def test_all_signatures_answer_alike_and_as_in_training(trained, load):
    trained, output = trained
    signatures = load(trained)
    by_instance = ask(signatures["serving_default"], instances_of(trained))
    examples = tf.constant(trained.evaluation.serialized())
    by_example = signatures["serving_examples"](examples=examples)
    np.testing.assert_allclose(by_instance[output], by_example[output], rtol=1e-5, atol=1e-6)
    if output == "value":
        other = signatures["regress"](inputs=examples)["outputs"]
        np.testing.assert_array_equal(other, by_example[output])
    else:
        scores = signatures["classify"](inputs=examples)["scores"].numpy()
        expected = scores[:, 1] if output == "probability" else scores
        np.testing.assert_allclose(by_example[output], expected, atol=1e-6)
        np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)


def test_smoke_rows_are_the_first_of_the_evaluation_as_answered_in_training(trained, load):
    trained, output = trained
    rows = read_smoke_rows(trained.model)
    assert json.dumps(rows.instances[: rows.unchanged]) == json.dumps(
        _as_stored(instances_of(trained)[:8], trained)
    )
    answers = ask(load(trained)["serving_default"], rows.instances)
    expected = np.array([prediction[output] for prediction in rows.predictions])
    np.testing.assert_allclose(answers[output], expected, rtol=1e-5, atol=1e-5)
    assert len(np.unique(expected)) > 1


def _as_stored(instances, trained):
    kinds = trained.evaluation.kinds
    return [
        {name: float(np.float32(x)) if kinds[name] is float else x for name, x in row.items()}
        for row in instances
    ]


def test_serving_default_has_an_input_a_raw_feature_and_the_outputs_of_the_task(trained, load):
    trained, output = trained
    signature = load(trained)["serving_default"]
    dtypes = {str: tf.string, float: tf.float32, int: tf.float64}
    inputs = signature.structured_input_signature[1]
    assert {name: (spec.dtype, spec.shape.as_list()) for name, spec in inputs.items()} == {
        name: (dtypes[trained.evaluation.kinds[name]], [None])
        for name in trained.config.raw_features
    }
    shape = [None, 3] if output == "probabilities" else [None]
    assert signature.structured_outputs[output].shape.as_list() == shape
    assert signature.structured_outputs[output].dtype == tf.float32
    assert len(signature.structured_outputs) == (2 if output == "probabilities" else 1)


def test_serving_default_takes_columns_of_one_value_a_row_too(taxi, load):
    # TensorFlow Serving does not check shapes: `{"trip_miles": [3.2]}` arrives as [batch, 1].
    signature = load(taxi)["serving_default"]
    instances = instances_of(taxi)[:5]
    flat = ask(signature, instances)["probability"]
    nested = [{name: [value] for name, value in row.items()} for row in instances]
    np.testing.assert_array_equal(ask(signature, nested)["probability"], flat)


def test_serving_default_unheard_of_and_missing_values_are_answered(taxi, load):
    columns = taxi.config.raw_features
    kinds = taxi.evaluation.kinds
    missing = {name: "" if kinds[name] is str else float("nan") for name in columns}
    strange = {name: "Ünheard of\n" if kinds[name] is str else -1e30 for name in columns}
    answers = ask(load(taxi)["serving_default"], [missing, strange])["probability"]
    assert np.isfinite(answers).all()
    assert ((answers.numpy() >= 0) & (answers.numpy() <= 1)).all()


def test_serving_examples_absent_and_empty_features_are_missing(taxi, load):
    names = taxi.config.raw_features
    empty = {name: tf.train.Feature() for name in names}
    examples = [
        tf.train.Example().SerializeToString(),
        tf.train.Example(features=tf.train.Features(feature=empty)).SerializeToString(),
    ]
    answers = load(taxi)["serving_examples"](examples=tf.constant(examples))["probability"]
    missing = {name: "" if taxi.evaluation.kinds[name] is str else float("nan") for name in names}
    by_instance = ask(load(taxi)["serving_default"], [missing])["probability"].numpy()
    np.testing.assert_allclose(answers, np.repeat(by_instance, 2), rtol=1e-6)


def test_transform_features_gives_what_transform_gives_label_included(taxi, load):
    examples = tf.constant(taxi.evaluation.serialized())
    found = load(taxi)["transform_features"](examples=examples)
    expected = TransformGraph(str(taxi.artifact))(taxi.evaluation.parsed())
    assert set(found) == set(expected)
    for name, feature in expected.items():
        np.testing.assert_array_equal(found[name], feature, err_msg=name)
    tips_and_fares = [(row["tips"], row["fare"]) for row in taxi.evaluation.rows]
    expected_label = [
        [int(Fraction(str(tips)) > Fraction("0.2") * Fraction(str(fare)))]
        for tips, fare in tips_and_fares
    ]
    assert found["label"].numpy().tolist() == expected_label


def test_multiclass_names_the_likeliest_class(penguins, load):
    examples = tf.constant(penguins.evaluation.serialized())
    answers = load(penguins)["serving_examples"](examples=examples)
    names = np.array(penguins.config.label.classes)
    expected = names[np.argmax(answers["probabilities"], axis=1)]
    assert [name.decode() for name in answers["class"].numpy()] == expected.tolist()
    classes = load(penguins)["classify"](inputs=examples[:1])["classes"]
    assert classes.numpy().tolist() == [[b"Adelie", b"Chinstrap", b"Gentoo"]]


def test_binary_classes_are_named_0_and_1(taxi, load):
    examples = tf.constant(taxi.evaluation.serialized()[:2])
    answers = load(taxi)["classify"](inputs=examples)
    assert answers["classes"].numpy().tolist() == [[b"0", b"1"]] * 2


ASK_ELSEWHERE = """
import json, sys
import numpy as np
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
rows = json.load(open(sys.argv[1] + "/assets.extra/smoke_rows.json"))
signature = model.signatures["serving_default"]
inputs = {
    name: tf.constant([row[name] for row in rows["instances"]], spec.dtype)
    for name, spec in signature.structured_input_signature[1].items()
}
answers = signature(**inputs)["probability"].numpy()
expected = [row["probability"] for row in rows["predictions"]]
examples = tf.constant([tf.train.Example().SerializeToString()])
features = model.signatures["transform_features"](examples=examples)
print(json.dumps([float(np.abs(answers - expected).max()), sorted(features)]))
"""


def test_exported_model_answers_elsewhere_without_what_it_was_made_from(taxi, tmp_path):
    moved, made_from = tmp_path / "moved", taxi.artifact.parent
    shutil.copytree(taxi.model, moved)
    hidden = made_from.with_name("hidden")
    made_from.rename(hidden)
    try:
        command = [sys.executable, "-c", ASK_ELSEWHERE, str(moved)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )
    finally:
        hidden.rename(made_from)
    assert done.returncode == 0, done.stderr
    difference, features = json.loads(done.stdout.splitlines()[-1])
    assert difference < 1e-5
    assert "label" in features


def test_exported_model_names_no_folder_of_its_making(taxi):
    content = (taxi.model / "saved_model.pb").read_bytes()
    assert str(taxi.artifact.parent).encode() not in content
    assert sorted(x.name for x in (taxi.model / "assets").iterdir()) == [
        "averages_table",
        "ids_table",
    ]
