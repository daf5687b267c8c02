"""What a signature must be to classify or to regress, and what its outputs become.

Terms:
    class: a label and its score; where a signature gives only one of them, the other is empty or 0.

The checks and the texts are those of TensorFlow Serving: classifier.cc and regressor.cc under
servables/tensorflow/ there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx_pipeline.serving.errors import invalid_argument
from tfx_pipeline.serving.types import CLASSIFY_METHOD, REGRESS_METHOD, Servable, Signature

Classifications = list[list[tuple[bytes, float]]]
"""For each example its classes: label and score, a float32 value."""

INPUTS = "inputs"
_CLASSES, _SCORES, _OUTPUTS = "classes", "scores", "outputs"


def check_classifies(servable: Servable, signature: Signature, method_name: bool) -> list[str]:
    """Return the tensor names of the outputs of a signature that classifies.

    ServingError: its inputs and outputs are not those of one, or its method name, if asked for.
    """
    _check_method_and_input(signature, "classification", CLASSIFY_METHOD, method_name)
    if len(signature.outputs) not in (1, 2):
        raise invalid_argument(
            f"Expected one or two output Tensors, found {len(signature.outputs)}"
        )
    _check_input_key(servable, signature, "classification")
    found = [signature.outputs[key].name for key in (_CLASSES, _SCORES) if key in signature.outputs]
    if not found:
        raise invalid_argument(
            "Expected classification signature outputs to contain at least one of "
            f'"{_CLASSES}" or "{_SCORES}". Signature was: {_text(servable, signature)}'
        )
    return found


def check_regresses(servable: Servable, signature: Signature, method_name: bool) -> list[str]:
    """Return the tensor name of the output of a signature that regresses; as `check_classifies`."""
    _check_method_and_input(signature, "regression", REGRESS_METHOD, method_name)
    if len(signature.outputs) != 1:
        raise invalid_argument("Expected one output Tensor.")
    _check_input_key(servable, signature, "regression")
    if _OUTPUTS not in signature.outputs:
        raise invalid_argument(
            f"No regression outputs found in SignatureDef: {_text(servable, signature)}"
        )
    return [signature.outputs[_OUTPUTS].name]


def classifications(
    signature: Signature, tensors: Mapping[str, Any], examples: int
) -> Classifications:
    """Make the classes of each example.

    Args:
        signature: one that passed `check_classifies`.
        tensors: arrays by tensor name: classes `[examples, classes] bytes`, scores the same in
            float32.
        examples: number of them.

    Raises:
        ServingError: an array is not of that type and shape.
    """
    arrays = {}
    for key, dtype in ((_CLASSES, "DT_STRING"), (_SCORES, "DT_FLOAT")):
        if key in signature.outputs:
            arrays[key] = tensors[signature.outputs[key].name]
            _check_matrix(key, arrays[key], dtype, examples)
    if _CLASSES not in arrays:
        return [[(b"", score) for score in row] for row in arrays[_SCORES].tolist()]
    if _SCORES not in arrays:
        return [[(label, 0.0) for label in row] for row in arrays[_CLASSES].tolist()]
    classes, scores = arrays[_CLASSES], arrays[_SCORES]
    if classes.shape[1] != scores.shape[1]:
        raise invalid_argument(
            "Tensors class and score should match in dim_size(1). "
            f"Got {classes.shape[1]} vs. {scores.shape[1]}"
        )
    rows = zip(classes.tolist(), scores.tolist(), strict=True)
    return [list(zip(*row, strict=True)) for row in rows]


def regressions(signature: Signature, tensors: Mapping[str, Any], examples: int) -> list[float]:
    """Make the value of each example from an output `[examples]` or `[examples, 1] float32`.

    Raises ServingError for an output of another type or shape.
    """
    array = tensors[signature.outputs[_OUTPUTS].name]
    if not (array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)):
        raise invalid_argument(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] "
            f"but got {_shape(array)}"
        )
    if array.shape[0] != examples:
        raise invalid_argument(
            f"Input batch size did not match output batch size: {examples} vs. {array.shape[0]}"
        )
    if _dtype_name(array) != "DT_FLOAT":
        raise invalid_argument(f"Expected output Tensor of DT_FLOAT.  Got: {_dtype_name(array)}")
    return array.ravel().tolist()


def _check_method_and_input(signature: Signature, kind: str, expected: str, wanted: bool) -> None:
    if wanted and signature.method_name != expected:
        raise invalid_argument(
            f"Expected {kind} signature method_name to be {expected}. Was: {signature.method_name}"
        )
    if len(signature.inputs) != 1:
        raise invalid_argument("Expected one input Tensor.")


def _check_input_key(servable: Servable, signature: Signature, kind: str) -> None:
    if INPUTS not in signature.inputs:
        raise invalid_argument(
            f"No {kind} inputs found in SignatureDef: {_text(servable, signature)}"
        )


def _check_matrix(key: str, array: Any, dtype: str, examples: int) -> None:
    if array.ndim != 2:
        raise invalid_argument(
            f"Expected Tensor shape: [batch_size num_classes] but got {_shape(array)}"
        )
    if _dtype_name(array) != dtype:
        raise invalid_argument(f"Expected {key} Tensor of {dtype}. Got: {_dtype_name(array)}")
    if array.shape[0] != examples:
        raise invalid_argument(
            f"Expected {key} output batch size of {examples}. Got: {array.shape[0]}"
        )


def _text(servable: Servable, signature: Signature) -> str:
    return str(servable.model.signature_defs[signature.name])


def _shape(array: Any) -> str:
    return "[" + ",".join(map(str, array.shape)) + "]"


def _dtype_name(array: Any) -> str:
    if array.dtype == object:
        return "DT_STRING"
    if array.dtype == "float32":
        return "DT_FLOAT"
    import tensorflow as tf

    return f"DT_{tf.as_dtype(array.dtype).name.upper()}"
