"""A SavedModel of a few operations, with the signatures of those that a Trainer exports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CLASSES = ("a", "b", "Zürich")


def save_model(folder: Path, *, takes_examples: bool = True) -> Path:
    """Write one that takes `x`, `n` (of whole numbers, as names) and `t`, all of which may lack.

    It answers `value`, `probabilities` of three classes and `class`.
    """
    import tensorflow as tf

    lack = tf.int64.min
    spec = {
        "x": tf.io.FixedLenFeature([], tf.float32, float("nan")),
        "n": tf.io.FixedLenFeature([], tf.int64, lack),
        "t": tf.io.FixedLenFeature([], tf.string, ""),
    }

    def answer(x: Any, n: Any, t: Any) -> dict[str, Any]:
        score = tf.where(tf.math.is_finite(x), x, 1.5) / 7 + tf.cast(n, tf.float32) / 50
        score += tf.cast(tf.strings.length(t), tf.float32)
        probabilities = tf.nn.softmax(tf.stack([score, 1 - score, score * 0 + 0.5], axis=1))
        name = tf.gather(tf.constant(CLASSES), tf.argmax(probabilities, axis=1))
        return {"value": score, "probabilities": probabilities, "class": name}

    def of_instances(x: Any, n: Any, t: Any) -> dict[str, Any]:
        is_given = tf.math.is_finite(n)
        whole = tf.where(is_given, n, 0)
        unknown = (tf.round(whole) != whole) | (tf.abs(whole) >= 2.0**53)
        read = tf.where(unknown, tf.constant(-40, tf.int64), tf.cast(whole, tf.int64))
        return answer(x, tf.where(is_given, read, tf.constant(-30, tf.int64)), t)

    def of_examples(examples: Any) -> dict[str, Any]:
        read = tf.io.parse_example(examples, spec)
        n = tf.where(read["n"] == lack, tf.constant(-30, tf.int64), read["n"])
        return answer(read["x"], n, read["t"])

    kinds = {"x": tf.float32, "n": tf.float64, "t": tf.string}
    inputs = {name: tf.TensorSpec([None], kind, name) for name, kind in kinds.items()}
    examples = tf.TensorSpec([None], tf.string, "examples")
    signatures = {"serving_default": tf.function(of_instances).get_concrete_function(**inputs)}
    if takes_examples:
        signatures["serving_examples"] = tf.function(of_examples).get_concrete_function(examples)
    tf.saved_model.save(tf.Module(), str(folder), signatures)
    return folder
