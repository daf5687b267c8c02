"""Ask the pushed model, in another process, what it was asked when it was trained."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.publishing import withdraw
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import ExitStatus, PipelineError, Problem
from tfx_pipeline.modules.smoke_rows import (
    TOLERANCE,
    Comparison,
    compare_answers,
    read_smoke_rows,
    shown,
)
from tfx_pipeline.processes.waiting_process import WaitingProcess
from tfx_pipeline.serving.errors import ServingError


class ModelRefusedError(PipelineError):
    """The pushed model does not answer as it must."""

    exit_status = ExitStatus.REFUSED


def smoke_query(process: WaitingProcess, model: Path, timeout_s: float = 120.0) -> Comparison:
    """Load the model in that process and compare its answers there.

    Raises:
        ModelRefusedError: it does not load, does not answer, or answers something else.
    """
    try:
        process.call(query, model)
        found, wrong = process.result(timeout_s)
    except TimeoutError:
        found, wrong = None, f"no answer within {timeout_s:g} s"
    except (EOFError, OSError):
        found, wrong = None, "the process ended without an answer"
    if wrong:
        raise ModelRefusedError([Problem(wrong, str(model))], "smoke query failed")
    comparison: Comparison = found
    if (mismatch := comparison.mismatch) is not None:
        answers = f"{shown(mismatch.received)} for {shown(mismatch.expected)}"
        problem = Problem(
            "the pushed model does not predict what it predicted when it was trained",
            str(model),
            f"a difference of {comparison.largest_difference:.3g}; first in row {mismatch.row},"
            f" output `{mismatch.output}`: {answers}",
            f"at most {TOLERANCE:g}",
        )
        raise ModelRefusedError([problem], "smoke query failed")
    return comparison


def take_back(config: PipelineConfig, version: Path, refusal: PipelineError) -> PipelineError:
    """Withdraw a version that was refused; give the refusal with all that came of it."""
    problems = list(refusal.problems)
    try:
        version_labels = VersionLabelFile(config.serving_directory, config.model_name)
        for version_label, now in withdraw(version, version_labels).items():
            what = f"the label `{version_label}` named it already"
            names = f"it names version {now} again" if now is not None else "it is gone"
            problems.append(Problem(f"{what}: {names}", str(version_labels.path)))
    except ServingError as error:
        next_step = "mend the file, or remove it"
        problems.append(Problem(error.message, str(version_labels.path), next_step=next_step))
    except (OSError, PipelineError) as error:
        next_step = f"remove it: {shlex.join(['rm', '-r', str(version)])}"
        problems.append(
            Problem(
                "it is still there for servers to find", str(version), str(error), None, next_step
            )
        )
    return ModelRefusedError(problems, refusal.title)


def query(model: Path) -> Comparison:
    """Query `serving_default` as TensorFlow Serving does for `{"instances": […]}`.

    The model runs in a session, as it does there; each named input becomes one tensor of shape
    [rows], of the signature's dtype. Rows with a feature missing or unseen are asked as well; they
    are not counted.
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
    columns = {name: _plain(answer.tolist()) for name, answer in answers.items()}
    comparison = compare_answers(
        rows.predictions,
        [{name: x[row] for name, x in columns.items()} for row in range(len(rows.instances))],
    )
    return replace(comparison, rows=rows.unchanged)


def _plain(value: Any) -> Any:
    """Make texts of bytes."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
