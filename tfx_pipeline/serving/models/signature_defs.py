"""What SignatureDef protos say of a model's tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx_pipeline.serving.errors import invalid_argument
from tfx_pipeline.serving.types import Signature, TensorSpec


def signatures_of(signature_defs: Mapping[str, Any]) -> dict[str, Signature]:
    """Read SignatureDef protos, by name."""
    return {
        name: Signature(
            name,
            each.method_name,
            {alias: _spec(info) for alias, info in each.inputs.items()},
            {alias: _spec(info) for alias, info in each.outputs.items()},
        )
        for name, each in signature_defs.items()
    }


def check_type(index: int, expected: Any, array: Any) -> None:
    """Compare an input's data type with a `tf.DType`.

    Raises:
        ServingError: INVALID_ARGUMENT, with the text of TensorFlow's session.
    """
    import tensorflow as tf
    from tensorflow.core.framework import types_pb2

    given = tf.string if array.dtype.kind in "OSU" else tf.dtypes.as_dtype(array.dtype)
    if given != expected:
        names = [
            types_pb2.DataType.Name(each.as_datatype_enum).removeprefix("DT_").lower()
            for each in (expected, given)
        ]
        raise invalid_argument(f"Expects arg[{index}] to be {names[0]} but {names[1]} is provided")


def _spec(info: Any) -> TensorSpec:
    shape = info.tensor_shape
    sizes = None if shape.unknown_rank else tuple(dim.size for dim in shape.dim)
    return TensorSpec(info.name, info.dtype, sizes)
