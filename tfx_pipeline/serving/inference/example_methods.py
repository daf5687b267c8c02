"""Classify and regress: serialized `tf.Example`s in, one result for each out.

Terms:
    inference task: one signature of a multi-inference, which runs several of a model on the same
        examples.

The order of the checks and the texts are those of TensorFlow Serving: multi_inference.cc under
servables/tensorflow/ there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.inference.classify_regress import (
    INPUTS,
    Classifications,
    check_classifies,
    check_regresses,
    classifications,
    regressions,
)
from tfx_pipeline.serving.inference.signatures import (
    DEFAULT_SETTINGS,
    NoSignature,
    Settings,
    find_signature,
)
from tfx_pipeline.serving.types import (
    CLASSIFY_METHOD,
    DEFAULT_SIGNATURE,
    REGRESS_METHOD,
    Servable,
    Signature,
)

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class InferenceTask:
    """One signature to run in a multi-inference, and as what: a method name."""

    model_name: str
    signature_name: str
    method_name: str

    @classmethod
    def of(cls, task: Any) -> InferenceTask:
        """Read a message `InferenceTask`."""
        return cls(task.model_spec.name, task.model_spec.signature_name, task.method_name)


@dataclass(frozen=True)
class _Method(Generic[_Made]):
    """What is done with the examples.

    For a signature that is for this, `check` gives the tensor names of its outputs, and `make`
    what comes of them; metrics call it by its `kind`.
    """

    kind: str
    check: Callable[[Servable, Signature, bool], list[str]]
    make: Callable[[Signature, Mapping[str, Any], int], _Made]


_CLASSIFY = _Method("Classify", check_classifies, classifications)
_REGRESS = _Method("Regress", check_regresses, regressions)
_METHODS: dict[str, _Method[Any]] = {CLASSIFY_METHOD: _CLASSIFY, REGRESS_METHOD: _REGRESS}


async def classify(
    servable: Servable,
    signature_name: str,
    examples: Sequence[bytes],
    timeout_s: float | None = None,
    settings: Settings = DEFAULT_SETTINGS,
) -> Classifications:
    """Run a signature that classifies serialized `tf.Example`s; the rest is as for `predict`.

    ServingError: no such signature, it does not classify, no examples, or the run fails.
    """
    return await _run(_CLASSIFY, servable, signature_name, examples, timeout_s, settings)


async def regress(
    servable: Servable,
    signature_name: str,
    examples: Sequence[bytes],
    timeout_s: float | None = None,
    settings: Settings = DEFAULT_SETTINGS,
) -> list[float]:
    """Run a signature that gives one float32 value for each example; as `classify`."""
    return await _run(_REGRESS, servable, signature_name, examples, timeout_s, settings)


async def _run(
    method: _Method[_Made],
    servable: Servable,
    signature_name: str,
    examples: Sequence[bytes],
    timeout_s: float | None,
    settings: Settings,
) -> _Made:
    signature = find_signature(servable, signature_name, NoSignature.EXAMPLES)
    outputs = method.check(servable, signature, settings.check_method_name)
    started = time.perf_counter()
    tensors = await _run_examples(servable, [signature], outputs, examples, timeout_s)
    settings.observe(servable, method.kind, started)
    return method.make(signature, tensors, len(examples))


async def multi(
    servable: Servable,
    tasks: Sequence[InferenceTask],
    examples: Sequence[bytes],
    timeout_s: float | None = None,
    settings: Settings = DEFAULT_SETTINGS,
) -> list[Classifications | list[float]]:
    """Run several signatures of one model on the same examples, in one run.

    Returns for each task what `classify` or `regress` returns; raises as they do.
    """
    signatures: dict[str, Signature] = {}
    outputs: set[str] = set()
    for task in tasks:
        _check_task(task, tasks[0], signatures)
        signature = find_signature(servable, task.signature_name, NoSignature.MULTI)
        check = _METHODS[task.method_name].check
        outputs.update(check(servable, signature, settings.check_method_name))
        signatures[task.signature_name or DEFAULT_SIGNATURE] = signature
    tensors = await _run_examples(
        servable, list(signatures.values()), sorted(outputs), examples, timeout_s
    )
    return [
        _METHODS[task.method_name].make(signature, tensors, len(examples))
        for task, signature in zip(tasks, signatures.values(), strict=True)
    ]


def _check_task(task: InferenceTask, first: InferenceTask, seen: Mapping[str, Signature]) -> None:
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
    if task.method_name not in _METHODS:
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
    batch = np.empty(len(examples), object)
    batch[:] = examples
    feeds = {signature.inputs[INPUTS].name: batch for signature in signatures}
    arrays = await servable.runner.run(feeds, outputs, timeout_s)
    return dict(zip(outputs, arrays, strict=True))
