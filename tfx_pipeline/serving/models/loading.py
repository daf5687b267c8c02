"""Loading a version's folder: which of the two kinds of model it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.types import Model

TFLITE_FILE = "model.tflite"


def load_model(
    path: Path,
    tags: Sequence[str] = (),
    prefer_tflite: bool = False,
    *,
    intra_op: int = 0,
    inter_op: int = 0,
    session_config: Any = None,
) -> Model:
    """Load a version; this takes seconds, and the folder is not needed afterwards.

    Args:
        path: the version's folder.
        tags: of the SavedModel's graph; none: `serve`.
        prefer_tflite: take `model.tflite` where there is one.
        intra_op: threads of one operation; 0: TensorFlow chooses.
        inter_op: operations at the same time.
        session_config: `ConfigProto` with what else a session should be; none: nothing.

    Raises:
        ServingError: with TensorFlow's code and text.
    """
    if prefer_tflite and (path / TFLITE_FILE).is_file():
        from tfx_pipeline.serving.models.tflite_model import load_tflite_model

        return load_tflite_model(path / TFLITE_FILE, threads=intra_op)
    from tfx_pipeline.serving.models.saved_model import load_saved_model

    return load_saved_model(path, tags, intra_op, inter_op, session_config)
