"""An exported model asked: whose classes have another order is asked nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.components.statistics_gen.example_files import serialize

pytestmark = pytest.mark.slow

ROWS = [serialize({"answer": [chance]}) for chance in (0.1, 0.9)]


def _save(folder: Path, classes: Sequence[str]) -> None:
    """Save a model that answers the column `answer`, and names its classes as exported ones do."""
    import tensorflow as tf

    examples = tf.TensorSpec([None], tf.string, "examples")

    class Model(tf.Module):
        @tf.function(input_signature=[examples])
        def answer(self, examples: Any) -> dict[str, Any]:
            spec = {"answer": tf.io.FixedLenFeature([], tf.float32)}
            return {"probability": tf.io.parse_example(examples, spec)["answer"]}

        @tf.function(input_signature=[examples])
        def classify(self, examples: Any) -> dict[str, Any]:
            scores = tf.tile(self.answer(examples)["probability"][:, None], [1, len(classes)])
            return {"classes": tf.broadcast_to([*classes], tf.shape(scores)), "scores": scores}

    model = Model()
    signatures = {"serving_examples": model.answer, "classify": model.classify}
    tf.saved_model.save(model, str(folder), signatures)


def test_answers_of_a_model_whose_classes_have_another_order_are_none(tmp_path: Path) -> None:
    from tfx_pipeline.components.evaluator.answering_model import AnsweringModel

    _save(tmp_path / "same", ("no", "yes"))
    _save(tmp_path / "other", ("yes", "no"))
    _save(tmp_path / "own", ("0", "1"))  # names of somebody's own say nothing of the order
    for name in ("same", "own"):
        model = AnsweringModel(str(tmp_path / name), "binary", ("no", "yes"))
        assert model.answers(ROWS).tolist() == pytest.approx([0.1, 0.9])
        assert model.answers([]).tolist() == []
    model = AnsweringModel(str(tmp_path / "other"), "binary", ("no", "yes"))
    for _ in range(2):
        with pytest.raises(ValueError, match=r"\['yes', 'no'\], in another order than \['no'"):
            model.answers(ROWS)
