from __future__ import annotations

import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.serving.fakes import invalid, refusal
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.loader import load_model
from tfx_pipeline.serving.models.saved_model import SavedModel, load_saved_model
from tfx_pipeline.serving.types import TensorSpec

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def half(half_plus_two: Path) -> SavedModel:
    return load_saved_model(half_plus_two)


@pytest.fixture(scope="module")
def many(many_signatures: Path) -> SavedModel:
    return load_saved_model(many_signatures)


@pytest.fixture(scope="module")
def looping_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`n` `[-1] int64`: as many turns of a loop give `turns`."""
    import tensorflow as tf

    class Looping(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, "n")])
        def loop(self, n: tf.Tensor) -> dict[str, tf.Tensor]:
            zero = tf.constant(0, tf.int64)
            return {"turns": tf.while_loop(lambda i: i < n[0], lambda i: [i + 1], [zero])[0]}

    folder = tmp_path_factory.mktemp("looping") / "1"
    model = Looping()
    tf.saved_model.save(model, str(folder), signatures=model.loop)
    return folder


@pytest.fixture
def looping(looping_folder: Path) -> SavedModel:
    return load_saved_model(looping_folder)


def output(model: SavedModel, alias: str, signature: str = "serving_default") -> str:
    return model.signatures[signature].outputs[alias].name


X = "serving_default_x:0"


def test_signatures_of_a_model_hold_names_types_and_shapes(many: SavedModel) -> None:
    assert {"serving_default", "scalars", "classify"} < set(many.signatures)
    signature = many.signatures["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    assert signature.inputs["a"] == TensorSpec("serving_default_a:0", 1, (-1, 1))
    assert signature.inputs["s"] == TensorSpec("serving_default_s:0", 7, (-1,))
    assert many.signatures["scalars"].inputs["v"].shape == ()
    assert many.signature_defs["scalars"].inputs["v"].name == "scalars_v:0"
    assert "__saved_model_init_op" in many.signature_defs


def test_run_gives_the_contracts_values(half: SavedModel) -> None:
    (y,) = half.run({X: np.array([2, 3, 4], np.float32)}, [output(half, "y")])
    assert y.tolist() == [3.0, 3.5, 4.0]


def test_run_with_another_rank_than_the_signatures_is_not_refused(half: SavedModel) -> None:
    (y,) = half.run({X: np.array([[2], [4]], np.float32)}, [output(half, "y")])
    assert y.tolist() == [[3.0], [4.0]]


def test_run_with_several_inputs_gives_outputs_in_the_order_asked_for(many: SavedModel) -> None:
    inputs = {
        "serving_default_s:0": np.array([b"a", b"\xff"], object),
        "serving_default_n:0": np.array([1, 2]),
        "serving_default_a:0": np.array([[0.5], [1.5]], np.float32),
    }
    names = [output(many, alias) for alias in ("text", "sum", "raw_bytes", "sum")]
    for order in (list(inputs), sorted(inputs)):
        text, total, raw, again = many.run({name: inputs[name] for name in order}, names)
        assert text.tolist() == [b"a!", b"\xff!"]
        assert total.tolist() == again.tolist() == [1.5, 3.5]
        assert raw.tolist() == [b"a", b"\xff"]


@pytest.mark.parametrize("timeout_s", [None, 5.0])
def test_run_with_wrong_type_says_what_a_session_says(
    half: SavedModel, timeout_s: float | None
) -> None:
    message = invalid(half.run, {X: np.array([1], np.int32)}, [output(half, "y")], timeout_s)
    assert message == "Expects arg[0] to be float but int32 is provided"


def test_run_with_wrong_shape_ends_in_the_failing_node(many: SavedModel) -> None:
    inputs = {
        "serving_default_a:0": np.zeros((2, 1), np.float32),
        "serving_default_n:0": np.zeros(3, np.int64),
        "serving_default_s:0": np.array([b""] * 2, object),
    }
    text, _, place = invalid(many.run, inputs, [output(many, "sum")]).partition("\n\t [[{{")
    assert text.startswith(("Incompatible shapes: ", "required broadcastable shapes"))
    assert "{{node add" in "{{" + place


def test_run_that_fails_in_the_graph_keeps_its_code_and_text(many: SavedModel) -> None:
    name = output(many, "y", "fail")
    assert "negative" in invalid(many.run, {"fail_x:0": np.array([-1], np.float32)}, [name])
    assert many.run({"fail_x:0": np.array([1], np.float32)}, [name])[0].tolist() == [1.0]


def test_run_without_a_needed_feed_names_it(many: SavedModel) -> None:
    names = [output(many, "sum")]
    assert "must feed a value" in invalid(many.run, {"serving_default_n:0": np.array([1])}, names)


def test_run_of_a_loop_past_its_time_is_interrupted(looping: SavedModel) -> None:
    name = output(looping, "turns")
    n = "serving_default_n:0"
    for _ in range(2):
        started = time.monotonic()
        code, _ = refusal(looping.run, {n: np.array([10**10])}, [name], timeout_s=0.2)
        assert code is Code.DEADLINE_EXCEEDED
        assert time.monotonic() - started < 60  # the loop takes hours
    assert looping.run({n: np.array([7])}, [name], timeout_s=60)[0] == 7
    assert not looping.is_quick({n: np.array([7])}, [name])


def test_is_quick_follows_the_runs_before(half_plus_two: Path) -> None:
    model = load_saved_model(half_plus_two)
    x, names = {X: np.ones(1, np.float32)}, [output(model, "y")]
    assert not model.is_quick(x, names)
    for _ in range(3):
        model.run(x, names)
    assert model.is_quick(x, names)
    large = {X: np.ones(20_000_000, np.float32)}
    for _ in range(2):
        assert model.run(large, names)[0][-1] == 2.5
    assert not model.is_quick(large, names)


def test_run_in_many_threads_keeps_each_calls_rows(half: SavedModel) -> None:
    names = [output(half, "y")]

    def one(value: int) -> bool:
        (y,) = half.run({X: np.full(1 + value % 5, value, np.float32)}, names)
        return bool(len(y) == 1 + value % 5 and (y == value / 2 + 2).all())

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(one, range(500)))


def test_run_after_its_folder_is_gone_goes_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import tensorflow as tf

    (tmp_path / "words.txt").write_text("no\nyes\n")

    class Lookup(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            words = tf.lookup.TextFileInitializer(
                str(tmp_path / "words.txt"),
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            )
            self.table = tf.lookup.StaticHashTable(words, -1)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "x")])
        def find(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"y": self.table.lookup(x)}

    folder = tmp_path / "model" / "1"
    made = Lookup()
    tf.saved_model.save(made, str(folder), signatures=made.find)
    (tmp_path / "words.txt").unlink()
    model = load_model(folder)
    shutil.rmtree(folder)
    (y,) = model.run({X: np.array([b"yes", b"?"], object)}, [output(model, "y")])
    assert y.tolist() == [1, -1]
    model.close()
    assert capfd.readouterr().out == ""


def test_load_without_a_saved_model_says_where(tmp_path: Path) -> None:
    assert refusal(load_saved_model, tmp_path) == (
        Code.NOT_FOUND,
        f"Could not find SavedModel .pb or .pbtxt at supplied export directory path: {tmp_path}",
    )


def test_load_with_unknown_tags_names_them(half_plus_two: Path) -> None:
    code, message = refusal(load_saved_model, half_plus_two, ["serve", "gpu"])
    assert code is Code.NOT_FOUND
    assert message.startswith(
        "Could not find meta graph def matching supplied tags: { serve gpu }."
    )


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("saved_model.pb", "Can't parse {}/saved_model.pb as binary proto"),
        ("variables/variables.index", "not an sstable (bad magic number)\n\t [[{{{{node "),
    ],
)
def test_load_of_a_broken_file_fails(
    half_plus_two: Path, tmp_path: Path, broken: str, message: str
) -> None:
    folder = tmp_path / "1"
    shutil.copytree(half_plus_two, folder)
    (folder / broken).write_bytes(b"\xff" * 100)
    code, text = refusal(load_saved_model, folder)
    assert code is Code.DATA_LOSS
    assert text.startswith(message.format(folder))


def test_close_while_a_loop_runs_ends_the_run(looping: SavedModel) -> None:
    inputs, names = {"serving_default_n:0": np.array([10**10])}, [output(looping, "turns")]
    with ThreadPoolExecutor(1) as threads:
        busy_s = time.process_time()
        running = threads.submit(looping.run, inputs, names)
        while time.process_time() < busy_s + 0.2:  # it runs; nothing else does
            time.sleep(0.01)
        looping.close()
        assert refusal(running.result, 60)[0] is Code.CANCELLED
    with pytest.raises(ServingError, match="closed"):
        looping.run(inputs, names)


def test_prepare_makes_ready_the_way_that_large_runs_take(half_plus_two: Path) -> None:
    model = load_saved_model(half_plus_two)
    signature = model.signatures["serving_default"]
    x, y = signature.inputs["x"].name, signature.outputs["y"].name
    inputs = {x: np.float32([1, 2])}
    assert model.run(inputs, [y])[0].tolist() == [2.5, 3.0]
    call = model._call_of(inputs, [y])
    assert call._on_any_thread is None
    model.prepare(inputs, [y])
    assert call._on_any_thread is not None
    assert call._run_on_threads([inputs[x]], None)[0].tolist() == [2.5, 3.0]
    with pytest.raises(ServingError):
        model.prepare({"none:0": inputs[x]}, [y])
    model.close()


def test_run_with_ever_other_outputs_keeps_a_bounded_number_of_calls(tmp_path: Path) -> None:
    import itertools

    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
    def give(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {f"y{index}": x + index for index in range(8)}

    tf.saved_model.save(tf.Module(), str(tmp_path), signatures={"serving_default": give})
    model = load_saved_model(tmp_path)
    signature = model.signatures["serving_default"]
    inputs = {signature.feeds[0]: np.ones(1, np.float32)}
    names = {alias: spec.name for alias, spec in signature.outputs.items()}
    for count in (1, 2, 3, 4):
        for aliases in itertools.permutations(names, count):
            results = model.run(inputs, [names[alias] for alias in aliases])
            assert [each.tolist() for each in results] == [[1.0 + int(a[1:])] for a in aliases]
    assert len(model._calls) <= 33
    assert len(model._calls_by_order) <= 1024
