"""What the network is like and how it is trained, where the configuration leaves it open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfx_pipeline.modules.learners.mlp.optimizer import cosine, coslog4
from tfx_pipeline.modules.model.tasks import Regression, Task

_SCHEDULES = {"cosine": cosine, "coslog4": coslog4}
_FEWEST_EPOCHS, _MOST_EPOCHS = 8, 24
_SHARE_OF_PATIENCE, _LEAST_PATIENCE = 3, 4
_ROW_PASSES = 3_000_000
_STEPS_AN_EPOCH = 16
_SMALLEST_BATCH, _USUAL_BATCH, _LARGEST_BATCH = 16, 256, 1024
_ROWS_OF_LARGER_BATCHES = 50_000


@dataclass(frozen=True)
class Recipe:
    """See `MlpConfig`, whose fields these are."""

    hidden_units: tuple[int, ...]
    members: int
    activation: str
    dropout: float
    waves: int
    wave_width: int
    id_width: int
    learning_rate: float
    schedule: Callable[[tf.Tensor], tf.Tensor]
    batch_size: int
    epochs: int

    @property
    def patience(self) -> int:
        """Tell after how many epochs in a row without a lower loss it is hopeless to go on."""
        return max(_LEAST_PATIENCE, self.epochs // _SHARE_OF_PATIENCE)

    @classmethod
    def of(cls, config: Mapping[str, Any], rows: int, task: Task) -> Recipe:
        """Fill what the section `model.mlp` leaves open, for so many rows to fit to."""
        given = {name: value for name, value in config.items() if value is not None}
        is_number = isinstance(task, Regression)
        passes = given.get("row_passes", _ROW_PASSES)
        epochs = int(np.clip(passes // rows, _FEWEST_EPOCHS, _MOST_EPOCHS))
        has_waves = given.get("embedding", "periodic") == "periodic"
        return cls(
            hidden_units=tuple(given.get("hidden_units", (256, 256, 256))),
            members=given.get("members", 1),
            activation=given.get("activation", "mish" if is_number else "selu"),
            dropout=given.get("dropout", 0.15),
            waves=16 if has_waves else 0,
            wave_width=4,
            id_width=8,
            learning_rate=given.get("learning_rate", 0.0175 if is_number else 0.01),
            schedule=_SCHEDULES[given.get("schedule", "cosine")],
            batch_size=given.get("batch_size") or _even_batch(_usual_batch(rows), rows),
            epochs=given.get("epochs", epochs),
        )


def _usual_batch(rows: int) -> int:
    """Choose a batch: few rows in so many steps an epoch, very many rows in larger ones."""
    if rows > _ROWS_OF_LARGER_BATCHES:
        times = rows / _ROWS_OF_LARGER_BATCHES
        return min(_LARGEST_BATCH, int(_USUAL_BATCH * 2 ** np.floor(np.log2(times))))
    return int(np.clip(rows // _STEPS_AN_EPOCH, _SMALLEST_BATCH, _USUAL_BATCH))


def _even_batch(size: int, rows: int) -> int:
    """Make the last batch of an epoch as large as the others: a step of a few rows is noise."""
    return -(-rows // max(1, round(rows / size)))
