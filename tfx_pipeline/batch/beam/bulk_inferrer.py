"""TFX's BulkInferrer, the standard component's executor, over a folder of tf.Examples."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.batch.beam.model_copy import copy_model
from tfx_pipeline.batch.models import BatchModel
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.modules.model.signature_names import SERVING_EXAMPLES
from tfx_pipeline.patches.beam_tuning import BEAM_OPTIONS, tune_beam, works_in_this_process
from tfx_pipeline.patches.process_settings import hush_tensorflow

SPLIT = "rows"
_MODEL_FOLDER = "Format-Serving"  # in a folder that a Trainer wrote


def split_folder(artifact: Path) -> Path:
    """Give the folder in which TFX has the examples of our one split."""
    return artifact / f"Split-{SPLIT}"


def infer(
    model: BatchModel,
    examples: Path,
    output: Path,
    names: Mapping[str, str],
    beam_options: Sequence[str],
) -> None:
    """Answer the examples.

    Args:
        model: that answers.
        examples: artifact's folder, with one split.
        output: artifact's folder: examples, in any order, in files of any number.
        names: feature of each answer there, by the model's output.
        beam_options: Beam's, as on a command line; none: Beam works in this process.

    Raises:
        PipelineError: Beam cannot do it.
    """
    options = [*beam_options] or [*BEAM_OPTIONS]
    hush_tensorflow()
    from tfx.components.bulk_inferrer.executor import Executor

    tune_beam(one_process=works_in_this_process(options))
    work = output.parent
    copy = work / "model" / _MODEL_FOLDER
    copy_model(model, copy)
    context = Executor.Context(beam_pipeline_args=options, tmp_dir=str(work), unique_id=SPLIT)
    inputs, outputs = _artifacts(examples, copy.parent, output)
    try:
        with _quiet():
            Executor(context).Do(inputs, outputs, _properties(names))
    except Exception as error:
        said = [line for line in str(error).splitlines() if line.strip()]
        step = "see the log of Beam's engine and of its worker; then go on with --resume"
        problem = Problem(
            "BulkInferrer failed", None, said[-1] if said else repr(error), None, step
        )
        raise PipelineError([problem], "Beam did not answer the rows") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what Beam, TFX and TensorFlow say of themselves; errors are heard."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _artifacts(examples: Path, model: Path, output: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    from tfx.types import standard_artifacts

    read, trained, written = (
        standard_artifacts.Examples(),
        standard_artifacts.Model(),
        standard_artifacts.Examples(),
    )
    read.uri, trained.uri, written.uri = map(os.fspath, (examples, model, output))
    read.split_names = f'["{SPLIT}"]'
    inputs = {"examples": [read], "model": [trained]}
    return inputs, {"output_examples": [written]}


def _properties(names: Mapping[str, str]) -> dict[str, Any]:
    from tfx.proto import bulk_inferrer_pb2 as pb
    from tfx.utils.proto_utils import proto_to_json

    columns = [
        pb.PredictOutputCol(output_key=key, output_column=name) for key, name in names.items()
    ]
    spec = pb.OutputColumnsSpec(
        signature_name=SERVING_EXAMPLES, predict_output=pb.PredictOutput(output_columns=columns)
    )
    return {
        "data_spec": proto_to_json(pb.DataSpec()),
        "model_spec": proto_to_json(pb.ModelSpec(model_signature_name=[SERVING_EXAMPLES])),
        "output_example_spec": proto_to_json(pb.OutputExampleSpec(output_columns_spec=[spec])),
    }
