"""Ask the pushed model, in a fresh process, what it was asked when it was trained.

The process is started early, so that it imports TensorFlow on another core while the pipeline
still evaluates. It then answers one question: the folder of a model, on its standard input.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.modules.smoke_rows import read_smoke_rows

TOLERANCE = 1e-5
"""Largest accepted difference from the training-time prediction, relative to it above 1."""


@dataclass(frozen=True)
class SmokeResult:
    """What the fresh process found: rows asked, and the largest difference (see `TOLERANCE`)."""

    rows: int
    largest_difference: float


class SmokeProcess:
    """A fresh Python process that will load a model and query it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tfx_pipeline.runners.smoke_query"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def query(self, model: Path, timeout_s: float = 120.0) -> SmokeResult:
        """Load the model there and compare its answers.

        Raises:
            PipelineError: it does not load, does not answer, or answers something else.
        """
        out, _ = self._process.communicate(f"{model}\n", timeout=timeout_s)
        lines = [line for line in out.splitlines() if line.startswith("{")]
        answer = (
            json.loads(lines[-1]) if lines else {"error": "the process ended without an answer"}
        )
        if "error" in answer:
            raise PipelineError([Problem(answer["error"], str(model))], "smoke query failed")
        result = SmokeResult(**answer)
        if not result.largest_difference <= TOLERANCE:
            what = "the pushed model does not predict what it predicted when it was trained"
            received = f"a difference of {result.largest_difference:.3g}"
            problem = Problem(what, str(model), received, f"at most {TOLERANCE:g}")
            raise PipelineError([problem], "smoke query failed")
        return result

    def stop(self) -> None:
        """End the process if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


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


def main() -> None:
    """Answer one question with one line of JSON."""
    import tensorflow as tf

    with tf.compat.v1.Session(graph=tf.Graph()):  # what is slow once is done before the question
        tf.compat.v1.saved_model.contains_saved_model(".")

    question = sys.stdin.readline().strip()
    if not question:
        return
    answer: dict[str, Any]
    try:
        answer = vars(compare(Path(question)))
    except Exception as error:  # the parent says it to the user
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
