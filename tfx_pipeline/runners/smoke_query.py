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
"""Largest accepted absolute difference from the training-time prediction."""


@dataclass(frozen=True)
class SmokeResult:
    """What the fresh process found."""

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

    Each named input becomes one tensor of shape [rows], of the signature's dtype.
    """
    import numpy as np
    import tensorflow as tf

    rows = read_smoke_rows(model)
    signature = tf.saved_model.load(str(model)).signatures["serving_default"]
    specs = signature.structured_input_signature[1]
    tensors = {
        name: tf.constant([instance[name] for instance in rows.instances], spec.dtype)
        for name, spec in specs.items()
    }
    difference = 0.0
    for name, answers in signature(**tensors).items():
        expected = np.asarray([prediction[name] for prediction in rows.predictions])
        if answers.dtype == tf.string:
            difference = max(difference, float(np.any(answers.numpy().astype(str) != expected)))
        else:
            difference = max(difference, float(np.max(np.abs(answers.numpy() - expected))))
    return SmokeResult(len(rows.instances), difference)


def main() -> None:
    """Answer one question with one line of JSON."""
    import tensorflow  # noqa: F401 - done before the question comes

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
