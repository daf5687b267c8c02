"""Models like the candidate, trained on other rows: what it would have been without some.

They share the candidate's transform graph, whose means and vocabularies come from all training
rows, and its settings. Of `auto`, whose choice between families costs several trainings, they are
what weighed most in the candidate.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.subject import Columns, Predict

if TYPE_CHECKING:  # TensorFlow and Keras, which a run without such a check does not pay for
    from tfx_pipeline.modules.learners.fit import FittedModel

_AT_ONCE = 16_384


class ReferenceModels:
    """Trains models; reads the training rows when the first of them is asked for."""

    def __init__(
        self,
        records: Sequence[bytes],
        transform_graph: str,
        learning: Mapping[str, Any],
        learned: Mapping[str, Any],
    ) -> None:
        """Take serialized training rows whose label is known, and the settings of the Trainer.

        `learned` is what the candidate carries of its training (`note_file`); may be empty.
        """
        self._records, self._folder = records, transform_graph
        self._learning = {**learning, "model": _one_family(learning["model"], learned)}
        self._ready: _Rows | None = None

    def __call__(self, places: NDArray[Any], seed: int) -> Predict:
        """Train on these rows; see `Subject.fit`.

        Raises:
            ValueError: nothing can be learned of them: all labels are the same.
            FloatingPointError: the loss became NaN or infinite.
        """
        if self._ready is None:
            self._ready = _Rows(self._records, self._folder, self._learning)
        return self._ready.fit(np.asarray(places), seed)


class _Rows:
    """The training rows as the learners take them, and the way from raw columns to them."""

    def __init__(self, records: Sequence[bytes], folder: str, learning: Mapping[str, Any]) -> None:
        import tensorflow as tf

        from tfx_pipeline.modules.model.model_inputs import ModelInputs
        from tfx_pipeline.modules.model.out_of_fold import OutOfFold
        from tfx_pipeline.modules.model.row_ties import RowTies
        from tfx_pipeline.modules.model.signatures import instance_reader, only_names
        from tfx_pipeline.modules.model.transform_graph import TransformGraph
        from tfx_pipeline.modules.model.transformed_rows import read_rows

        self._learning = learning
        graph = TransformGraph(folder)
        self._inputs = ModelInputs.from_schema(graph.schema)
        averages, ties = OutOfFold(learning, self._inputs), RowTies(learning.get("split"))
        with tempfile.TemporaryDirectory(prefix="tfx-reference-") as name:
            file = f"{name}/rows"
            with tf.io.TFRecordWriter(file) as writer:
                for record in records:
                    writer.write(record)
            self._rows = read_rows([file], graph, self._inputs, averages, ties=ties)
        if len(self._rows.label) != len(records):
            raise ValueError(
                f"{len(records):,} training rows have a label, and {len(self._rows.label):,} by"
                " the transform graph: it is not that of this model"
            )
        features = learning["raw_features"]
        self._read = instance_reader(graph, self._inputs, features, only_names(learning))

    def fit(self, places: NDArray[Any], seed: int) -> Predict:
        import keras

        from tfx_pipeline.modules.learners.fit import fit_model
        from tfx_pipeline.modules.model.row_weights import weigh
        from tfx_pipeline.modules.model.tasks import learn_task

        learning = {**self._learning, "model": {**self._learning["model"], "seed": seed}}
        learning["label"] = {**learning["label"], "decision": None}
        keras.utils.set_random_seed(seed)
        rows = self._rows._replace(
            inputs={name: x[places] for name, x in self._rows.inputs.items()},
            **{
                name: None if (x := getattr(self._rows, name)) is None else x[places]
                for name in ("label", "weight", "tie", "moment")
            },
        )
        task = learn_task(learning["label"], rows.label)
        with tempfile.TemporaryDirectory(prefix="tfx-reference-") as log:
            weighed = weigh(rows, learning["label"])
            model = fit_model(weighed, self._inputs, task, learning, log)

        def predict(columns: Columns) -> NDArray[Any]:
            return self._answers(model, columns)

        return predict

    def _answers(self, model: FittedModel, columns: Columns) -> NDArray[Any]:
        import tensorflow as tf

        from tfx_pipeline.modules.model.signature_names import PREDICTION_KEYS

        count = len(next(iter(columns.values())))
        parts = []
        for start in range(0, max(count, 1), _AT_ONCE):
            taken = {name: x[start : start + _AT_ONCE] for name, x in columns.items()}
            inputs = {name: x.numpy() for name, x in self._read(taken).items()}
            logits = tf.constant(model.fitted.scorer.logits_of(inputs))
            answers = model.task.predictions(logits)
            parts.append(answers[PREDICTION_KEYS[self._learning["label"]["task"]]].numpy())
        return np.concatenate(parts)


def _one_family(model: Mapping[str, Any], learned: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings of the family that weighs most, where several were tried."""
    if model["family"] != "auto":
        return dict(model)
    weights = {
        name: each.get("weight", 0.0) for name, each in learned.get("candidates", {}).items()
    }
    family = max(weights, key=weights.__getitem__, default=model["auto"]["candidates"][0])
    return {**model, "family": family}
