"""Predict: named arrays in, named arrays out.

The order of the checks and the texts are those of TensorFlow Serving: servables/tensorflow/
predict_util.cc there, and cc/saved_model/util.cc of TensorFlow.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tfx_pipeline.serving.batching.scheduler import BatchingRunner
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.inference.signatures import DEFAULT_SETTINGS, Settings, find_signature
from tfx_pipeline.serving.tensors.reading import decode
from tfx_pipeline.serving.types import (
    CLASSIFY_METHOD,
    PREDICT_METHOD,
    REGRESS_METHOD,
    RequestRows,
    Servable,
    Signature,
)

_PREDICT_METHODS = (PREDICT_METHOD, CLASSIFY_METHOD, REGRESS_METHOD)


async def predict(
    servable: Servable,
    signature_name: str,
    inputs: Mapping[str, Any],
    output_filter: Sequence[str] = (),
    timeout_s: float | None = None,
    settings: Settings = DEFAULT_SETTINGS,
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
    feeds = _feeds_of(servable, signature, inputs)
    aliases = _output_aliases(signature, output_filter)
    names = [signature.outputs[alias].name for alias in aliases]
    started = time.perf_counter()
    arrays = await servable.runner.run(feeds, names, timeout_s)
    settings.observe(servable, "Predict", started)
    return dict(zip(aliases, arrays, strict=True))


async def predict_rows(
    servable: Servable,
    rows: RequestRows,
    timeout_s: float | None = None,
    settings: Settings = DEFAULT_SETTINGS,
) -> dict[str, Any]:
    """Run the signature that rows have, as `predict`; a runner of batches makes their arrays.

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
    settings.observe(servable, "Predict", started)
    return signature.outputs_of(fetches, arrays)


def check_predicts(signature: Signature, settings: Settings) -> None:
    """Raise ServingError for a signature for something else, if the settings want that."""
    if settings.check_method_name and signature.method_name not in _PREDICT_METHODS:
        methods = ", ".join(_PREDICT_METHODS)
        raise ServingError(
            Code.INTERNAL,
            f"Expected prediction signature method_name to be one of {{{methods}}}. "
            f"Was: {signature.method_name}",
        )


def _feeds_of(
    servable: Servable, signature: Signature, inputs: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arrays of a request by tensor name, with the signature's defaults."""
    if len(inputs) == len(signature.inputs):
        try:
            return {spec.name: inputs[alias] for alias, spec in signature.inputs.items()}
        except KeyError:
            pass
    defaults = getattr(servable.model.signature_defs[signature.name], "defaults", {})
    _check_number(set(inputs), set(signature.inputs), bool(defaults))
    return _with_defaults(signature, inputs, defaults)


def _check_number(sent: set[str], expected: set[str], has_defaults: bool) -> None:
    if len(sent) > len(expected) or (len(sent) < len(expected) and not has_defaults):
        raise invalid_argument(
            f"input size does not match signature: {len(sent)}!={len(expected)} "
            f"len({_braced(sent)}) != len({_braced(expected)}). "
            f"Sent extra: {_braced(sent - expected)}. "
            f"Missing but required: {_braced(expected - sent)}."
        )


def _with_defaults(
    signature: Signature, inputs: Mapping[str, Any], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    feeds = {}
    for alias, spec in signature.inputs.items():
        if alias in inputs:
            feeds[spec.name] = inputs[alias]
        elif alias in defaults:
            feeds[spec.name] = decode(defaults[alias].SerializeToString())
        else:
            raise invalid_argument(
                f"Signature input alias: {alias}(feed name: {spec.name}) not found in request and "
                "no default value provided. Inputs expected to be in the request "
                f"{_braced(inputs)}, or default input alias set: {_joined(defaults)}"
            )
    used = signature.inputs.keys() & inputs.keys()
    if len(used) != len(inputs):
        raise invalid_argument(
            f"Inputs contains invalid name. Used request inputs: {_joined(used)}, "
            f"request input: {_joined(inputs)}"
        )
    return feeds


def _output_aliases(signature: Signature, output_filter: Sequence[str]) -> list[str]:
    """Return the outputs to compute: those asked for, else all."""
    if not output_filter:
        return list(signature.outputs)
    aliases: list[str] = []
    for alias in output_filter:
        if alias not in signature.outputs:
            raise invalid_argument(
                f"output tensor alias not found in signature: {alias} "
                f"Outputs expected to be in the set {_braced(signature.outputs)}."
            )
        if alias in aliases:
            raise invalid_argument(f"duplicate output tensor alias: {alias}")
        aliases.append(alias)
    return aliases


def _braced(names: Iterable[str]) -> str:
    return "{" + _joined(names) + "}"


def _joined(names: Iterable[str]) -> str:
    return ",".join(sorted(names))
