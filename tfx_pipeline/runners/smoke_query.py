"""Ask the pushed model, in another process, what it was asked when it was trained.

That process begins as a copy of this one that has TensorFlow and nothing else of the pipeline: it
shares the memory of TensorFlow and imports nothing twice. It answers one question: the folder of
a model.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.modules.smoke_rows import read_smoke_rows

_START_METHOD = "fork" if sys.platform == "linux" else "spawn"

TOLERANCE = 1e-5
"""Largest accepted difference from the training-time prediction, relative to it above 1."""


@dataclass(frozen=True)
class SmokeResult:
    """What the other process found: rows asked, and the largest difference (see `TOLERANCE`)."""

    rows: int
    largest_difference: float


class SmokeProcess:
    """A process that will load a model and query it.

    Args:
        start_method: of `multiprocessing`. A fork is right only before TensorFlow has run anything
            here, since its threads do not survive one; a spawned process imports TensorFlow anew.
    """

    def __init__(self, start_method: str = _START_METHOD) -> None:
        context: Any = multiprocessing.get_context(start_method)
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_answer, args=(theirs, self._connection), name="smoke query", daemon=True
        )
        self._process.start()
        theirs.close()

    def query(self, model: Path, timeout_s: float = 120.0) -> SmokeResult:
        """Load the model there and compare its answers.

        Raises:
            PipelineError: it does not load, does not answer, or answers something else.
        """
        try:
            self._connection.send(model)
            answer = (
                self._connection.recv()
                if self._connection.poll(timeout_s)
                else f"no answer within {timeout_s:g} s"
            )
        except (EOFError, OSError):
            answer = "the process ended without an answer"
        if isinstance(answer, str):
            raise PipelineError([Problem(answer, str(model))], "smoke query failed")
        result = SmokeResult(*answer)
        if not result.largest_difference <= TOLERANCE:
            what = "the pushed model does not predict what it predicted when it was trained"
            received = f"a difference of {result.largest_difference:.3g}"
            problem = Problem(what, str(model), received, f"at most {TOLERANCE:g}")
            raise PipelineError([problem], "smoke query failed")
        return result

    def close(self) -> None:
        """End the process if it still runs."""
        self._process.kill()
        self._process.join()
        self._connection.close()


def _answer(connection: Connection, asking: Connection) -> None:
    """Answer one question in the other process: with figures, or with what went wrong.

    Args:
        connection: where the question comes from.
        asking: the other end of it. A fork copies it, and as long as it is open here, the end of
            the process that asks would go unnoticed.
    """
    asking.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the other one decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        model = connection.recv()
    except EOFError:
        return
    answer: tuple[int, float] | str
    try:
        result = compare(model)
        answer = (result.rows, result.largest_difference)
    except Exception as error:  # the one who asked says it to the user
        answer = f"{type(error).__name__}: {error}"
    connection.send(answer)


def compare(model: Path) -> SmokeResult:
    """Query `serving_default` as TensorFlow Serving does for `{"instances": […]}`.

    The model runs in a session, as it does there; each named input becomes one tensor of shape
    [rows], of the signature's dtype.
    """
    import numpy as np
    import tensorflow as tf

    rows = read_smoke_rows(model)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(model))
        signature = loaded.signature_def["serving_default"]
        feeds = {
            tensor.name: np.asarray(
                [instance[name] for instance in rows.instances],
                tf.as_dtype(tensor.dtype).as_numpy_dtype,
            )
            for name, tensor in signature.inputs.items()
        }
        answers = session.run({name: x.name for name, x in signature.outputs.items()}, feeds)
    difference = 0.0
    for name, answer in answers.items():
        expected = np.asarray([prediction[name] for prediction in rows.predictions])
        if answer.dtype == object:
            difference = max(difference, float(np.any(answer.astype(str) != expected)))
        else:
            relative = np.abs(answer - expected) / np.maximum(1, np.abs(expected))
            difference = max(difference, float(relative.max()))
    return SmokeResult(len(rows.instances), difference)
