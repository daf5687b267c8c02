"""The files by which a folder is a version of a model, and those that a server reads beside them.

This imports nothing of serving: training writes such files, and need not run again when it changes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SAVED_MODEL_FILE = "saved_model.pb"
SAVED_MODEL_TEXT_FILE = "saved_model.pbtxt"
TFLITE_FILE = "model.tflite"
MODEL_FILES = (SAVED_MODEL_FILE, SAVED_MODEL_TEXT_FILE, TFLITE_FILE)
"""One of these makes a folder a version."""

WARMUP_FILE = Path("assets.extra", "tf_serving_warmup_requests")
"""Requests that a server plays before it offers the version; see `versions.warmup`."""
MAX_RECORDS = 1000  # of such requests, as in TensorFlow Serving
BATCHING_FILE = "batching_params.pbtxt"
"""`BatchingParameters` of this version alone."""


def write_warmup(model_directory: Path, requests: Sequence[tuple[str, Mapping[str, Any]]]) -> Path:
    """Write Predict requests that a server plays before it offers this version.

    Args:
        model_directory: folder of the version; `assets.extra` is made in it.
        requests: name of the signature, and its inputs: arrays by alias. Strings are object arrays
            of `bytes` or `str`. The model's name is left out: no server asks for it here.

    Returns:
        Path of the file. It is there whole or not at all.

    Raises:
        ValueError: there are more than `MAX_RECORDS`.
    """
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    if len(requests) > MAX_RECORDS:
        raise ValueError(
            f"{len(requests):,} warm-up requests; a model server refuses more than {MAX_RECORDS:,}"
        )
    path = model_directory / WARMUP_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with tf.io.TFRecordWriter(str(aside)) as writer:
            for signature_name, inputs in requests:
                log = prediction_log_pb2.PredictionLog()
                request = log.predict_log.request
                request.model_spec.signature_name = signature_name
                for alias, array in inputs.items():
                    request.inputs[alias].CopyFrom(tf.make_tensor_proto(array))
                writer.write(log.SerializeToString())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path
