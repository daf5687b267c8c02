"""What a predict request must be for a signature: which inputs it needs, which outputs it has.

The checks and the texts are those of TensorFlow Serving: servables/tensorflow/predict_util.cc
there, and cc/saved_model/util.cc of TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tfx_pipeline.serving.errors import invalid_argument
from tfx_pipeline.serving.tensors.reading import decode
from tfx_pipeline.serving.types import Servable, Signature


def feeds_of(servable: Servable, signature: Signature, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arrays of a request by tensor name, with the signature's defaults.

    Args:
        servable: whose signature it is.
        signature: to run.
        inputs: arrays by alias; asked for after the check of their number.

    Raises:
        ServingError: an input is missing, or unknown.
    """
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


def output_aliases(signature: Signature, output_filter: Sequence[str]) -> list[str]:
    """Return the outputs to compute: those asked for, else all.

    Raises:
        ServingError: the signature has no such output, or one is asked for twice.
    """
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
