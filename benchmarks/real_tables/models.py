"""Fits and asks models in a process of its own: what `ours.py` starts.

    python -m real_tables.models ORDER.json

Prints a line of JSON by the name of the model; predictions are in files beside the order.
"""

from __future__ import annotations

import json
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from real_tables.ours import WHOLE_RUN

_AT_ONCE = 4096  # rows in a call
_ONE_ROW_CALLS = 200


class _Told(logging.Handler):
    """Keeps what `run_fn` logs of the fit, and when: before the learner begins, and after."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def notes(self) -> dict[str, Any]:
        """Find what the learner says of its fit, and the seconds from its begin to its end."""
        began = next(x for x in self.records if x.msg.startswith("training "))
        ended = next(x for x in self.records if x.msg == "%s: %s")
        assert isinstance(ended.args, tuple)
        said = json.loads(str(ended.args[1]))
        return {"learned": said, "learn_s": round(ended.created - began.created, 3)}


def main(order: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked for; give what is known of each model."""
    from tfx_pipeline.config.loader import load_config

    config = load_config(order["config"], overrides=order["settings"]).config
    artifacts, out = order["artifacts"], Path(order["out"])
    found = {}
    if not order["families"]:
        model = Path(artifacts["Trainer.model"]) / "Format-Serving"
        found[WHOLE_RUN] = _asked(config, artifacts, model, out / f"{WHOLE_RUN}.npz")
    for family in order["families"]:
        with tempfile.TemporaryDirectory(dir=out) as name:
            fitted = _fit(config, artifacts, family, Path(name))
            asked = _asked(config, artifacts, Path(name) / "model", out / f"{family}.npz")
        asked["notes"] |= fitted.pop("notes")
        found[family] = asked | fitted
    return found


def _fit(config: Any, artifacts: dict[str, str], family: str, folder: Path) -> dict[str, Any]:
    """Fit and export one family, as Trainer does."""
    from tfx_pipeline.modules.training import run_fn
    from tfx_pipeline.pipeline.parts import learning_settings

    settings = {**learning_settings(config), "smoke_rows": config.push.smoke_rows}
    settings["model"]["family"] = family
    arguments = SimpleNamespace(
        train_files=[f"{artifacts['CsvExampleGen.examples']}/Split-train/*"],
        eval_files=[f"{artifacts['CsvExampleGen.examples']}/Split-eval/*"],
        transform_output=artifacts["Transform.transform_graph"],
        serving_model_dir=str(folder / "model"),
        model_run_dir=str(folder / "run"),
        hyperparameters=None,
        custom_config=settings,
    )
    told = _Told()
    logger = logging.getLogger("tfx_pipeline.modules")
    logger.addHandler(told)
    logger.setLevel(logging.INFO)
    started, cpu = time.perf_counter(), time.process_time()
    run_fn(arguments)
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu
    logger.removeHandler(told)
    return {"fit_s": seconds, "cpu_s": cpu_s, "notes": told.notes()}


def _asked(config: Any, artifacts: dict[str, str], model: Path, file: Path) -> dict[str, Any]:
    """Ask an exported model for all rows of `eval`; keep what it says."""
    import tensorflow as tf

    from tfx_pipeline.modules.model.signature_names import PREDICTION_KEYS, SERVING_EXAMPLES

    examples = _examples(f"{artifacts['CsvExampleGen.examples']}/Split-eval")
    loaded = tf.saved_model.load(str(model))
    answer = loaded.signatures[SERVING_EXAMPLES]
    key = PREDICTION_KEYS[config.label.task]
    parts = [
        answer(tf.constant(examples[start : start + _AT_ONCE]))[key].numpy()
        for start in range(0, len(examples), _AT_ONCE)
    ]
    predictions = np.concatenate(parts)
    if config.label.task == "binary":
        predictions = np.stack([1 - predictions, predictions], 1)
    label = np.array([_text(example, config.label.column) for example in examples])
    np.savez_compressed(file, predictions=predictions, label=label)
    size = sum(each.stat().st_size for each in model.rglob("*") if each.is_file())
    notes = {"export_mb": size / 1e6, "one_row_ms": _one_row_ms(answer, examples[0])}
    classes = () if config.label.task == "regression" else config.label.classes or ("0", "1")
    return {"classes": tuple(classes), "notes": notes, "fit_s": 0.0, "cpu_s": 0.0}


def _one_row_ms(answer: Any, example: bytes) -> float:
    """Measure the median time of a row in the process, from the serialized example on."""
    import tensorflow as tf

    one, taken = tf.constant([example]), []
    for _ in range(_ONE_ROW_CALLS):
        started = time.perf_counter()
        answer(one)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def _examples(folder: str) -> Sequence[bytes]:
    import tensorflow as tf

    files = sorted(str(file) for file in Path(folder).iterdir())
    return list(tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator())


def _text(example: bytes, column: str) -> str:
    import tensorflow as tf

    feature = tf.train.Example.FromString(example).features.feature[column]
    value = getattr(feature, feature.WhichOneof("kind")).value[0]
    return value.decode() if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
