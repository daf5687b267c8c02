"""The reference: a SavedModel asked by `serving_default`, in pieces."""

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.export import saved_model
from tfx_pipeline.modules.model.input_names import allowed_names, rename_inputs
from tfx_pipeline.serving.errors import ServingError

COLUMNS = {"a b": tf.float32, "input_0": tf.float64, "Größe": tf.string}


class Model(tf.Module):
    @tf.function
    def answer(self, columns):
        numbers = columns["a b"] + tf.cast(columns["input_0"], tf.float32)
        classes = tf.where(columns["Größe"] == "ü", "yes", "no")
        return {"probability": numbers, "class": classes}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "1"
    model, names = Model(), allowed_names(COLUMNS)
    specs = {
        names[name]: tf.TensorSpec([None], kind, names[name]) for name, kind in COLUMNS.items()
    }

    @tf.function
    def serving(**inputs):
        return model.answer({name: inputs[names[name]] for name in COLUMNS})

    signature = serving.get_concrete_function(**specs)
    tf.saved_model.save(model, str(folder), {"serving_default": signature})
    rename_inputs(str(folder), "serving_default", names)
    return folder


@pytest.fixture(scope="module")
def model(directory):
    return saved_model.load(directory)


def rows(count):
    return {
        "a b": np.arange(count, dtype=np.float32),
        "input_0": np.full(count, 0.5),
        "Größe": np.array(["ü", "u"] * (count // 2) + ["ü"] * (count % 2), object),
    }


@pytest.mark.parametrize("count", [0, 1, 20_001])
def test_load_answers_any_number_of_rows_by_the_columns_own_names(model, count):
    answers = model(rows(count))
    np.testing.assert_array_equal(answers["probability"], np.arange(count) + np.float32(0.5))
    assert answers["class"].tolist() == (["yes", "no"] * count)[:count]
    assert answers["probability"].dtype == np.float32


def test_load_refuses_other_columns(model):
    with pytest.raises(ValueError, match=r"the columns are \['other'\]; the model takes"):
        model({"other": np.zeros(1, np.float32)})


def test_load_of_a_folder_without_a_model_raises(tmp_path):
    with pytest.raises(ServingError):
        saved_model.load(tmp_path)


def test_load_of_a_model_without_the_signature_names_those_it_has(tmp_path):
    model = tf.Module()
    model.f = tf.function(lambda x: {"y": x}, input_signature=[tf.TensorSpec([None])])
    tf.saved_model.save(model, str(tmp_path), {"other": model.f})
    with pytest.raises(ValueError, match=r"no signature 'serving_default'; it has .*'other'"):
        saved_model.load(tmp_path)


def test_labels_are_those_of_the_model_and_nan_where_it_knows_none(tmp_path):
    model = tf.Module()

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
    def transform(examples):
        numbers = tf.strings.to_number(examples)
        return {"label": numbers[:, tf.newaxis], "label_known": tf.cast(numbers > 1, tf.float32)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def serve(x):
        return {"value": x}

    model.transform, model.serve = transform, serve
    signatures = {"serving_default": serve, "transform_features": transform}
    tf.saved_model.save(model, str(tmp_path), signatures)
    labels = saved_model.load(tmp_path).labels([b"1", b"2", b"3.5"])
    np.testing.assert_array_equal(labels, [np.nan, 2, 3.5])
    assert saved_model.load(tmp_path).labels([]).shape == (0,)


def test_labels_of_a_model_without_them_says_which_signature(model):
    with pytest.raises(ValueError, match="no signature 'transform_features'"):
        model.labels([b"x"])
