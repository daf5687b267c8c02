from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.serving.fakes import invalid, refusal
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.loader import load_model
from tfx_pipeline.serving.types import Model, TensorSpec

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


@pytest.fixture(scope="module")
def lite(version: Path) -> Model:
    return load_model(version, prefer_tflite=True)


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


def test_run_with_other_batch_sizes_resizes(lite: Model) -> None:
    made = lite.signatures["serving_default"].outputs
    for rows in (1, 3, 2):
        x = np.arange(2 * rows, dtype=np.float32).reshape(rows, 2)
        y, sums = lite.run({"serving_default_x:0": x}, [made["y"].name, made["rows"].name])
        np.testing.assert_array_equal(y, 2 * x)
        np.testing.assert_array_equal(sums, x.sum(1))


def test_run_of_strings_gives_bytes(lite: Model) -> None:
    words = np.array([b"a", b"\xff\x00b"], object)
    (made,) = lite.run({"text_s:0": words}, [lite.signatures["text"].outputs["t"].name])
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
    code, message = refusal(load_model, tmp_path, prefer_tflite=True)
    assert code is Code.INTERNAL
    assert message.startswith("Cannot build Interpreter from buffer.")
    assert "Select TensorFlow op(s)" in message


def test_run_in_many_threads_keeps_each_calls_rows(lite: Model) -> None:
    output = [lite.signatures["serving_default"].outputs["y"].name]

    def one(value: int) -> bool:
        x = np.full((1 + value % 3, 2), value, np.float32)
        return bool((lite.run({"serving_default_x:0": x}, output)[0] == 2 * x).all())

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(one, range(200)))


def test_run_with_wrong_type_names_both(lite: Model) -> None:
    output = [lite.signatures["serving_default"].outputs["y"].name]
    message = invalid(lite.run, {"serving_default_x:0": np.zeros((1, 2), np.int32)}, output)
    assert message == "Expects arg[0] to be float but int32 is provided"


def test_run_with_wrong_rank_fails_and_the_next_run_works(version: Path) -> None:
    model = load_model(version, prefer_tflite=True)
    output = [model.signatures["serving_default"].outputs["rows"].name]
    with pytest.raises(ServingError, match="Failed to invoke TfLite interpreter"):
        model.run({"serving_default_x:0": np.zeros((1,), np.float32)}, output)
    (sums,) = model.run({"serving_default_x:0": np.ones((1, 2), np.float32)}, output)
    assert sums.tolist() == [2.0]


def test_load_model_of_no_tflite_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(b"not a model at all, but long enough to be read")
    message = invalid(load_model, tmp_path, prefer_tflite=True)
    assert "Cannot build FlatBufferModel from buffer" in message


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


def with_metadata(content: bytes, name: bytes, packed: bytes) -> bytes:
    """Add an entry to the metadata of a file."""
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = list(packed)
    entry.name, entry.buffer = name, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def signature_metadata(version: Path, **renamed: str) -> bytes:
    """Write two signatures of the first subgraph of `version`, as upstream's tool does."""
    import tensorflow as tf
    from flatbuffers import flexbuffers
    from tensorflow.core.protobuf import meta_graph_pb2

    interpreter = tf.lite.Interpreter(model_content=(version / "model.tflite").read_bytes())
    (given,) = interpreter.get_input_details()
    made = interpreter.get_output_details()
    builder = flexbuffers.Builder()
    with builder.Map():
        for name in ("serving_default", "also"):
            signature = meta_graph_pb2.SignatureDef(method_name=f"of {name}")
            signature.inputs[f"in {name}"].name = renamed.get("input", given["name"])
            signature.inputs[f"in {name}"].dtype = 1
            for index, each in enumerate(made):
                info = signature.outputs[f"out {index}"]
                info.name, info.dtype = each["name"], 1
            builder.Key(name)
            # Lengths of 128 and more make it no UTF-8; all are short here.
            builder.String(signature.SerializeToString().decode())
    return bytes(builder.Finish())


def test_load_model_with_signatures_in_its_metadata_serves_those(
    version: Path, tmp_path: Path
) -> None:
    packed = signature_metadata(version)
    content = with_metadata(
        (version / "model.tflite").read_bytes(), b"signature_defs_metadata", packed
    )
    (tmp_path / "model.tflite").write_bytes(content)
    model = load_model(tmp_path, prefer_tflite=True)
    assert sorted(model.signatures) == ["also", "serving_default"]
    signature = model.signatures["also"]
    assert signature.method_name == "of also"
    assert list(signature.inputs) == ["in also"]
    x = np.array([[1, 2], [3, 4], [5, 6]], np.float32)
    results = model.run({signature.inputs["in also"].name: x}, signature.fetches)
    found = sorted(each.ravel().tolist() for each in results)
    assert found == [[2.0, 4.0, 6.0, 8.0, 10.0, 12.0], [3.0, 7.0, 11.0]]


@pytest.mark.parametrize(
    ("packed", "code", "part"),
    [
        (b"", Code.INVALID_ARGUMENT, "Invalid SignatureDefs found in TfLite model: "),
        (b"\x01\x02\x03", Code.INVALID_ARGUMENT, "Invalid SignatureDefs found in TfLite model: "),
        (None, Code.INTERNAL, "references an unknown tensor: Unknown tensor 'nowhere:0'."),
    ],
)
def test_load_model_with_metadata_that_are_no_signatures_of_it_is_refused(
    version: Path, tmp_path: Path, packed: bytes | None, code: Code, part: str
) -> None:
    packed = signature_metadata(version, input="nowhere:0") if packed is None else packed
    content = with_metadata(
        (version / "model.tflite").read_bytes(), b"signature_defs_metadata", packed
    )
    (tmp_path / "model.tflite").write_bytes(content)
    found, message = refusal(load_model, tmp_path, prefer_tflite=True)
    assert found is code
    assert part in message


def test_load_model_with_other_metadata_keeps_its_own_signatures(
    version: Path, tmp_path: Path
) -> None:
    content = with_metadata((version / "model.tflite").read_bytes(), b"min_runtime", b"1.14.0")
    (tmp_path / "model.tflite").write_bytes(content)
    model = load_model(tmp_path, prefer_tflite=True)
    assert sorted(model.signatures) == ["serving_default", "text"]
