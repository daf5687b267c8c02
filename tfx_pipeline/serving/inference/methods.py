"""Running a signature of a loaded model: what REST, gRPC and warm-up have in common.

Terms:
    predict: named arrays in, named arrays out.
    classify, regress: serialized `tf.Example`s in, one result for each out.
    task: one signature of a multi-inference, which runs several of a model on the same examples.
    method name: what a signature says that it is for; TensorFlow 2 writes that of predict always.

The order of the checks and the texts are those of TensorFlow Serving: predict_util.cc and
multi_inference.cc under servables/tensorflow/ there.
"""

from __future__ import annotations

import asyncio
import enum
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfx_pipeline.serving.batching.scheduler import BatchingRunner
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.inference.classify_regress import (
    CLASSIFY_METHOD,
    INPUTS,
    REGRESS_METHOD,
    Classifications,
    check_classifies,
    check_regresses,
    classifications,
    regressions,
)
from tfx_pipeline.serving.inference.predict_signature import feeds_of, output_aliases
from tfx_pipeline.serving.tensors.rows import TensorRows
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, Servable, Signature

PREDICT_METHOD = "tensorflow/serving/predict"
_PREDICT_METHODS = (PREDICT_METHOD, CLASSIFY_METHOD, REGRESS_METHOD)


class NoSignature(enum.Enum):
    """How each kind of request says that a model has no such signature: code and text."""

    PREDICT = (Code.FAILED_PRECONDITION, 'Serving signature key "{}" not found.')
    REST_PREDICT = (
        Code.INVALID_ARGUMENT,
        'Serving signature name: "{}" not found in signature def',
    )
    EXAMPLES = (Code.INVALID_ARGUMENT, "No signature was found with the name: {}")
    MULTI = (Code.INVALID_ARGUMENT, "Requested signature not found in model graph: {}")


@dataclass(frozen=True)
class Settings:
    """What holds for all requests of a server.

    Attributes:
        check_method_name: refuse a signature whose method name is not the request's.
        observe_runtime: called after each run that succeeds, with the name of the model, the kind
            of request ("Predict", "Classify" or "Regress") and the seconds.
    """

    check_method_name: bool = False
    observe_runtime: Callable[[str, str, float], None] | None = None


@dataclass(frozen=True)
class Task:
    """One signature to run in a multi-inference, and as what: a method name."""

    model_name: str
    signature_name: str
    method_name: str


_DEFAULTS = Settings()


def find_signature(
    servable: Servable, signature_name: str, missing: NoSignature = NoSignature.PREDICT
) -> Signature:
    """Return a signature of a model; that of the empty name is `serving_default`.

    Raises:
        ServingError: there is none of that name; with the code and the text of `missing`.
    """
    name = signature_name or DEFAULT_SIGNATURE
    try:
        return servable.model.signatures[name]
    except KeyError:
        code, text = missing.value
        raise ServingError(code, text.format(name)) from None


async def predict(
    servable: Servable,
    signature_name: str,
    inputs: Mapping[str, Any],
    output_filter: Sequence[str] = (),
    timeout_s: float | None = None,
    settings: Settings = _DEFAULTS,
) -> dict[str, Any]:
    """Run a signature on arrays by alias.

    Args:
        servable: leased by the caller until this returns.
        signature_name: empty: `serving_default`.
        inputs: each array is asked for once, after the check of their number, so that a mapping
            may decode it then.
        output_filter: aliases of the outputs to compute; empty: all of them.
        timeout_s: of the model's run; none: no limit.
        settings: of the server.

    Returns:
        Arrays by alias, in the order of `output_filter` or of the signature.

    Raises:
        ServingError: the request does not fit the signature, or the run fails.
    """
    signature = find_signature(servable, signature_name)
    check_predicts(signature, settings)
    feeds = feeds_of(servable, signature, inputs)
    aliases = output_aliases(signature, output_filter)
    names = [signature.outputs[alias].name for alias in aliases]
    started = time.perf_counter()
    arrays = await servable.runner.run(feeds, names, timeout_s)
    if settings.observe_runtime is not None:
        settings.observe_runtime(servable.name, "Predict", time.perf_counter() - started)
    return dict(zip(aliases, arrays, strict=True))


async def predict_rows(
    servable: Servable,
    rows: TensorRows,
    timeout_s: float | None = None,
    settings: Settings = _DEFAULTS,
) -> dict[str, Any]:
    """Run a signature on rows that become arrays in their batch, if the runner makes batches.

    Args:
        servable: leased by the caller until this returns.
        rows: with the signature that they fit.
        timeout_s: of the model's run; none: no limit.
        settings: of the server.

    Returns:
        Arrays by alias.

    Raises:
        ServingError: the signature is for something else, or the run fails.
    """
    signature = rows.signature
    assert signature is not None
    runner = servable.runner
    check_predicts(signature, settings)
    started = time.perf_counter()
    if isinstance(runner, BatchingRunner) and runner.takes_rows:
        future = asyncio.get_running_loop().create_future()
        fetches = runner.begin(rows, timeout_s, future)
        try:
            arrays = await future
        finally:
            runner.ended()
    else:
        fetches = signature.fetches
        arrays = await runner.run(rows.arrays(), fetches, timeout_s)
    if settings.observe_runtime is not None:
        settings.observe_runtime(servable.name, "Predict", time.perf_counter() - started)
    return signature.outputs_of(fetches, arrays)


def check_predicts(signature: Signature, settings: Settings) -> None:
    """Refuse a signature that says it is for something else, if the settings want that.

    Raises:
        ServingError: it does.
    """
    if settings.check_method_name and signature.method_name not in _PREDICT_METHODS:
        methods = ", ".join(_PREDICT_METHODS)
        raise ServingError(
            Code.INTERNAL,
            f"Expected prediction signature method_name to be one of {{{methods}}}. "
            f"Was: {signature.method_name}",
        )


async def classify(
    servable: Servable,
    signature_name: str,
    examples: Sequence[bytes],
    timeout_s: float | None = None,
    settings: Settings = _DEFAULTS,
) -> Classifications:
    """Run a signature that classifies serialized `tf.Example`s; the rest is as for `predict`.

    Raises:
        ServingError: no such signature, it does not classify, no examples, or the run fails.
    """
    signature = find_signature(servable, signature_name, NoSignature.EXAMPLES)
    outputs = check_classifies(servable, signature, settings.check_method_name)
    started = time.perf_counter()
    tensors = await _run_examples(servable, [signature], outputs, examples, timeout_s)
    if settings.observe_runtime is not None:
        settings.observe_runtime(servable.name, "Classify", time.perf_counter() - started)
    return classifications(signature, tensors, len(examples))


async def regress(
    servable: Servable,
    signature_name: str,
    examples: Sequence[bytes],
    timeout_s: float | None = None,
    settings: Settings = _DEFAULTS,
) -> list[float]:
    """Run a signature that gives one float32 value for each example; as `classify`."""
    signature = find_signature(servable, signature_name, NoSignature.EXAMPLES)
    outputs = check_regresses(servable, signature, settings.check_method_name)
    started = time.perf_counter()
    tensors = await _run_examples(servable, [signature], outputs, examples, timeout_s)
    if settings.observe_runtime is not None:
        settings.observe_runtime(servable.name, "Regress", time.perf_counter() - started)
    return regressions(signature, tensors, len(examples))


async def multi(
    servable: Servable,
    tasks: Sequence[Task],
    examples: Sequence[bytes],
    timeout_s: float | None = None,
    settings: Settings = _DEFAULTS,
) -> list[Classifications | list[float]]:
    """Run several signatures of one model on the same examples, in one run.

    Returns:
        For each task, what `classify` or `regress` returns, by its method.

    Raises:
        ServingError: a task cannot be run, no examples, or the run fails.
    """
    signatures: dict[str, Signature] = {}
    outputs: set[str] = set()
    for task in tasks:
        _check_task(task, tasks[0], signatures)
        signature = find_signature(servable, task.signature_name, NoSignature.MULTI)
        check = check_classifies if task.method_name == CLASSIFY_METHOD else check_regresses
        outputs.update(check(servable, signature, settings.check_method_name))
        signatures[task.signature_name or DEFAULT_SIGNATURE] = signature
    tensors = await _run_examples(
        servable, list(signatures.values()), sorted(outputs), examples, timeout_s
    )
    return [
        (classifications if task.method_name == CLASSIFY_METHOD else regressions)(
            signature, tensors, len(examples)
        )
        for task, signature in zip(tasks, signatures.values(), strict=True)
    ]


def metadata(servable: Servable) -> Any:
    """Return all signatures of a model as a `SignatureDefMap`."""
    from tensorflow_serving.apis import get_model_metadata_pb2

    result = get_model_metadata_pb2.SignatureDefMap()
    for name, signature_def in servable.model.signature_defs.items():
        result.signature_def[name].CopyFrom(signature_def)
    return result


def _check_task(task: Task, first: Task, seen: Mapping[str, Signature]) -> None:
    if not task.model_name:
        raise invalid_argument("Found ModelSpec with an empty model name.")
    if task.model_name != first.model_name:
        raise invalid_argument(
            "All ModelSpecs in a MultiInferenceRequest must access the same model name."
        )
    name = task.signature_name or DEFAULT_SIGNATURE
    if name in seen:
        raise invalid_argument(f"Duplicate evaluation of signature: {name}")
    # TensorFlow Serving looks the signature up first; either way the task is refused.
    if task.method_name not in (CLASSIFY_METHOD, REGRESS_METHOD):
        raise ServingError(
            Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}"
        )


async def _run_examples(
    servable: Servable,
    signatures: Sequence[Signature],
    outputs: Sequence[str],
    examples: Sequence[bytes],
    timeout_s: float | None,
) -> dict[str, Any]:
    if not examples:
        raise invalid_argument("Input is empty.")
    import numpy as np

    batch = np.empty(len(examples), object)
    batch[:] = examples
    feeds = {signature.inputs[INPUTS].name: batch for signature in signatures}
    arrays = await servable.runner.run(feeds, outputs, timeout_s)
    return dict(zip(outputs, arrays, strict=True))
