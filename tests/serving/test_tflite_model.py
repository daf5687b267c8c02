from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.loading import load_model
from tfx_pipeline.serving.types import TensorSpec

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`serving_default`: x [-1, 2] float32 -> y = 2 x, rows = its sums; `text`: s -> t, swapped."""
    import tensorflow as tf

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, "x")])
        def double(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"y": 2 * x, "rows": tf.reduce_sum(x, 1)}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "s")])
        def text(self, s: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"t": tf.gather(s, [1, 0])}

    folder = tmp_path_factory.mktemp("lite") / "1"
    model = Model()
    signatures = {"serving_default": model.double, "text": model.text}
    tf.saved_model.save(model, str(folder), signatures=signatures)
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder), signature_keys=list(signatures)
    )
    (folder / "model.tflite").write_bytes(converter.convert())
    return folder


def test_load_model_with_tflite_file_prefers_it_only_when_asked(version: Path) -> None:
    lite = load_model(version, prefer_tflite=True)
    assert type(lite).__name__ == "TfliteModel"
    assert type(load_model(version)).__name__ == "SavedModel"
    assert set(lite.signatures) == {"serving_default", "text"}
    x = TensorSpec("serving_default_x:0", 1, (-1, 2))
    assert lite.signatures["serving_default"].inputs == {"x": x}
    assert lite.signature_defs["text"].method_name == "tensorflow/serving/predict"


def test_load_model_without_tflite_file_falls_back(half_plus_two: Path) -> None:
    assert type(load_model(half_plus_two, prefer_tflite=True)).__name__ == "SavedModel"


def test_run_with_other_batch_sizes_resizes(version: Path) -> None:
    model = load_model(version, prefer_tflite=True)
    made = model.signatures["serving_default"].outputs
    for rows in (1, 3, 2):
        x = np.arange(2 * rows, dtype=np.float32).reshape(rows, 2)
        y, sums = model.run({"serving_default_x:0": x}, [made["y"].name, made["rows"].name])
        np.testing.assert_array_equal(y, 2 * x)
        np.testing.assert_array_equal(sums, x.sum(1))


def test_run_of_strings_gives_bytes(version: Path) -> None:
    model = load_model(version, prefer_tflite=True)
    words = np.array([b"a", b"\xff\x00b"], object)
    (made,) = model.run({"text_s:0": words}, [model.signatures["text"].outputs["t"].name])
    assert made.tolist() == [b"\xff\x00b", b"a"]


def test_load_model_that_needs_missing_operations_says_so(tmp_path: Path) -> None:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "s")])
    def length(s: tf.Tensor) -> tf.Tensor:
        return tf.strings.length(s)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([length.get_concrete_function()])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.SELECT_TF_OPS]
    (tmp_path / "model.tflite").write_bytes(converter.convert())
    if tf.__version__.startswith("2.16."):  # brings these operations
        model = load_model(tmp_path, prefer_tflite=True)
        signature = model.signatures["serving_default"]
        (made,) = [spec.name for spec in signature.outputs.values()]
        (given,) = [spec.name for spec in signature.inputs.values()]
        assert model.run({given: np.array([b"abc"], object)}, [made])[0].tolist() == [3]
        return
    with pytest.raises(ServingError) as caught:
        load_model(tmp_path, prefer_tflite=True)
    assert caught.value.code is Code.INTERNAL
    assert caught.value.message.startswith("Cannot build Interpreter from buffer.")
    assert "Select TensorFlow op(s)" in caught.value.message


def test_run_in_many_threads_keeps_each_calls_rows(version: Path) -> None:
    model = load_model(version, prefer_tflite=True)
    output = [model.signatures["serving_default"].outputs["y"].name]

    def one(value: int) -> bool:
        x = np.full((1 + value % 3, 2), value, np.float32)
        return bool((model.run({"serving_default_x:0": x}, output)[0] == 2 * x).all())

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(one, range(200)))


def test_run_with_wrong_type_names_both(version: Path) -> None:
    model = load_model(version, prefer_tflite=True)
    output = [model.signatures["serving_default"].outputs["y"].name]
    with pytest.raises(ServingError) as caught:
        model.run({"serving_default_x:0": np.zeros((1, 2), np.int32)}, output)
    assert caught.value.code is Code.INVALID_ARGUMENT
    assert caught.value.message == "Expects arg[0] to be float but int32 is provided"


def test_run_with_wrong_rank_fails_and_the_next_run_works(version: Path) -> None:
    model = load_model(version, prefer_tflite=True)
    output = [model.signatures["serving_default"].outputs["rows"].name]
    with pytest.raises(ServingError, match="Failed to invoke TfLite interpreter"):
        model.run({"serving_default_x:0": np.zeros((1,), np.float32)}, output)
    (sums,) = model.run({"serving_default_x:0": np.ones((1, 2), np.float32)}, output)
    assert sums.tolist() == [2.0]


def test_load_model_of_no_tflite_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(b"not a model at all, but long enough to be read")
    with pytest.raises(ServingError, match="Cannot build FlatBufferModel from buffer") as caught:
        load_model(tmp_path, prefer_tflite=True)
    assert caught.value.code is Code.INVALID_ARGUMENT


def test_load_model_without_signatures_makes_one(tmp_path: Path) -> None:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def half(x: tf.Tensor) -> tf.Tensor:
        return x / 2

    converter = tf.lite.TFLiteConverter.from_concrete_functions([half.get_concrete_function()])
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    content = converter.convert()
    if interpreter.get_signature_list():
        pytest.skip("this converter always writes signatures")
    (tmp_path / "model.tflite").write_bytes(content)
    model = load_model(tmp_path, prefer_tflite=True)
    signature = model.signatures["serving_default"]
    (alias,) = signature.inputs
    (made,) = signature.outputs
    x = np.array([1, 2, 3], np.float32)
    (y,) = model.run({signature.inputs[alias].name: x}, [signature.outputs[made].name])
    assert y.tolist() == [0.5, 1.0, 1.5]
