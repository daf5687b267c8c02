"""Time training on many rows: in memory, and streamed from files.

    python benchmarks/training.py [--times 30] [--epochs 10]

The rows are made up, as wide as those of taxi: copies of real ones would be learned by heart.
See README.md here.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np


def measure(times: int, epochs: int) -> dict[str, tuple[float, float, float]]:
    """Train both ways; give rows per second, the input wait, and the loss of held-out rows."""
    rows = _make_rows(times)
    with tempfile.TemporaryDirectory() as folder:
        figures = {}
        for way, in_memory in (("memory", True), ("files", False)):
            place = Path(folder, way)
            place.mkdir()
            figures[way] = _fit(rows, place, in_memory, epochs)
    return figures


def _make_rows(times: int) -> dict[str, Any]:
    """Make rows of 7 numbers and 14 ids, as the taxi table has, with a label that they explain."""
    random = np.random.default_rng(0)
    count = 6_790 * times
    numbers = random.normal(size=(count, 7)).astype(np.float32)
    ids = random.integers(0, 20, (count, 14)).astype(np.int32)
    score = numbers[:, 0] - numbers[:, 1] * numbers[:, 2] + (ids[:, 0] % 3) - 1
    label = (score + random.normal(size=count) > 0).astype(np.int64)
    return {"numbers": numbers, "ids": ids + 20 * np.arange(14, dtype=np.int32), "label": label}


def _fit(
    rows: dict[str, Any], folder: Path, in_memory: bool, epochs: int
) -> tuple[float, float, float]:
    import keras

    from tfx_pipeline.modules.learners.learner import LearningRows
    from tfx_pipeline.modules.learners.networks.fitting import Fitting
    from tfx_pipeline.modules.learners.networks.learning import optimizer_of, plan_of
    from tfx_pipeline.modules.learners.networks.network import build_network
    from tfx_pipeline.modules.model.model_inputs import ModelInputs
    from tfx_pipeline.modules.model.row_store import RowStore
    from tfx_pipeline.modules.model.tasks import Binary
    from tfx_pipeline.modules.model.transformed_rows import TransformedRows

    store = RowStore(str(folder), in_memory)
    for start in range(0, len(rows["label"]), 4096):
        store.add({name: x[start : start + 4096] for name, x in rows.items()})
    columns = store.columns()
    held = TransformedRows(label=np.array(columns.pop("label")), inputs=columns)
    inputs = ModelInputs({f"x{i}": 1 for i in range(7)}, {f"c{i}": 20 for i in range(14)})
    lines: list[str] = []
    logger = logging.getLogger("tfx_pipeline.modules.learners.networks.fitting")
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    config = _config(epochs)
    keras.utils.set_random_seed(0)
    network = build_network(inputs, config, 1)
    learning = LearningRows.divided(held, 0.1, seed=0)
    optimizer = optimizer_of(network, config)
    fitting = Fitting(network, optimizer, Binary(("0", "1")), plan_of(config), learning)
    began = time.perf_counter()
    fitting.run(str(folder))
    seconds = time.perf_counter() - began
    logger.removeHandler(handler)
    loss = float(lines[-1].rpartition("held_out loss ")[2])
    return len(lines) * len(held.label) / seconds, fitting.input_wait, loss


def _config(epochs: int) -> dict[str, Any]:
    from tfx_pipeline.config.sections.model import ModelConfig

    values = {"epochs": epochs, "batch_size": 256, "early_stopping": {"patience": epochs}}
    return ModelConfig.model_validate(values).model_dump(mode="json")


def main() -> None:
    """Measure, and print a line a way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=30, help="6,790 rows so often")
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    print(f"{6_790 * options.times:,} rows, {options.epochs} epochs")
    for way, (speed, wait, loss) in measure(options.times, options.epochs).items():
        print(f"  {way:<8}{speed:12,.0f} rows/s  input wait {wait:6.1%}  held-out loss {loss:.4f}")


if __name__ == "__main__":
    main()
