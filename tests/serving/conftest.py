"""Small real models, as folders of versions; and tests of the server that are coroutines."""

from __future__ import annotations

import asyncio
import inspect
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine function on an event loop of its own."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(scope="session")
def half_plus_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version's folder: `x` `[-1] float32` gives `y = x / 2 + 2`."""
    import tensorflow as tf

    class HalfPlusTwo(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = tf.Variable(0.5), tf.Variable(2.0)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def predict(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"y": self.a * x + self.b}

    folder = tmp_path_factory.mktemp("half_plus_two") / "1"
    model = HalfPlusTwo()
    tf.saved_model.save(model, str(folder), signatures={"serving_default": model.predict})
    return folder


@pytest.fixture(scope="session")
def many_signatures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A version's folder with signatures of every kind.

    serving_default: `a` `[-1, 1] float32`, `n` `[-1] int64`, `s` `[-1] string` give `sum` =
    a[:, 0] + n, `text` = s + "!", and `raw_bytes` = s.
    scalars: `v` `[] float32` gives `twice`. fail: `x` `[-1] float32` gives `y`, and raises
    INVALID_ARGUMENT "negative" for x < 0.
    classify: `inputs`, serialized tf.Example with `x` `[1] float32`, gives `classes`
    `[batch, 2]` "no", "yes" and `scores` `[batch, 2]` = 1 - x, x.
    regress: `inputs`, the same, gives `outputs` `[batch]` = 10 * x.
    """
    import tensorflow as tf

    examples = tf.TensorSpec([None], tf.string, "inputs")

    def parsed(inputs: tf.Tensor) -> tf.Tensor:
        return tf.io.parse_example(inputs, {"x": tf.io.FixedLenFeature([1], tf.float32)})["x"]

    class Many(tf.Module):
        @tf.function(
            input_signature=[
                tf.TensorSpec([None, 1], tf.float32, "a"),
                tf.TensorSpec([None], tf.int64, "n"),
                tf.TensorSpec([None], tf.string, "s"),
            ]
        )
        def default(self, a: tf.Tensor, n: tf.Tensor, s: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"sum": a[:, 0] + tf.cast(n, tf.float32), "text": s + "!", "raw_bytes": s}

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32, "v")])
        def scalars(self, v: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"twice": 2 * v}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, "x")])
        def fail(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
            with tf.control_dependencies(
                [tf.debugging.Assert(tf.reduce_all(x >= 0), ["negative"])]
            ):
                return {"y": tf.identity(x)}

        @tf.function(input_signature=[examples])
        def classify(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            x = parsed(inputs)
            scores = tf.concat([1 - x, x], 1)
            return {"classes": tf.broadcast_to(["no", "yes"], tf.shape(scores)), "scores": scores}

        @tf.function(input_signature=[examples])
        def regress(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"outputs": 10 * parsed(inputs)[:, 0]}

    folder = tmp_path_factory.mktemp("many") / "1"
    model = Many()
    signatures = {
        "serving_default": model.default,
        **{name: getattr(model, name) for name in ("scalars", "fail", "classify", "regress")},
    }
    tf.saved_model.save(model, str(folder), signatures=signatures)
    return folder


@pytest.fixture
def base_path(tmp_path: Path, half_plus_two: Path) -> Callable[..., Path]:
    """Make a model's folder with copies of `half_plus_two` as the versions asked for."""

    def make(*versions: int, name: str = "half_plus_two") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for version in versions:
            shutil.copytree(half_plus_two, folder / str(version))
        return folder

    return make
