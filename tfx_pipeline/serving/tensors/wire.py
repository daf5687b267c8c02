"""The messages of PredictionService with their tensors and examples left as bytes.

What passes between a socket and the graph is not worth a message object for each tensor: on 13
tensors of one value each, protobuf's classes cost 76 µs a request, these with `reading` 26.
A serialized `tf.Example` is fed to the graph as it came.

The messages are those of the package `tensorflow-serving-api`, declared again with bytes in the
place of `TensorProto` and `Example`; both are written the same way on the wire.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.types import ModelSpec

_FILES = ("model", "input", "predict", "classification", "regression", "inference")
_AS_BYTES = (".tensorflow.TensorProto", ".tensorflow.Example")
_THEIR_PACKAGE, _PACKAGE = "tensorflow.serving", "tfx_pipeline.serving.tensors.wire"


@functools.cache
def message_class(name: str) -> Any:
    """Return the class of a message, e.g. `PredictRequest`."""
    return class_in_pool(_pool(), f"{_PACKAGE}.{name}")


def class_in_pool(pool: Any, full_name: str) -> Any:
    """Return the class of a message that a descriptor pool declares."""
    from google.protobuf import message_factory

    descriptor = pool.FindMessageTypeByName(full_name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)  # protobuf 3.20


def parse_message(kind: Any, body: bytes) -> Any:
    """Parse a body as a message of this class; ServingError if it is none."""
    from google.protobuf.message import DecodeError

    try:
        return kind.FromString(body)
    except DecodeError as error:
        raise ServingError(
            Code.INTERNAL, f"Failed to parse the request as a {kind.DESCRIPTOR.name}"
        ) from error


def spec_of(proto: Any) -> ModelSpec:
    """Read a message `ModelSpec`."""
    return ModelSpec(
        proto.name,
        proto.version.value if proto.HasField("version") else None,
        proto.version_label if proto.HasField("version_label") else None,
        proto.signature_name,
    )


def requested_spec(request: Any) -> ModelSpec:
    """Return which model a request is for; ServingError if it does not say."""
    if not request.HasField("model_spec"):
        raise missing_spec()
    return spec_of(request.model_spec)


def missing_spec() -> ServingError:
    """Make the error of a request that does not say which model it is for."""
    return invalid_argument("Missing ModelSpec")


@functools.cache
def _pool() -> Any:
    import importlib

    from google.protobuf import descriptor_pb2, descriptor_pool, wrappers_pb2

    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    for name in _FILES:
        module = importlib.import_module(f"tensorflow_serving.apis.{name}_pb2")
        file = descriptor_pb2.FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
        kept = [each for each in file.dependency if not each.startswith("tensorflow/")]
        del file.dependency[:], file.public_dependency[:]
        file.dependency.extend(_our_file(each) for each in kept)
        file.name, file.package = _our_file(file.name), _PACKAGE
        _leave_bytes(file.message_type)
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def _our_file(name: str) -> str:
    return name.replace("tensorflow_serving/", "tfx_pipeline/serving/wire/")


def _leave_bytes(messages: Sequence[Any]) -> None:
    for message in messages:
        _leave_bytes(message.nested_type)
        for field in message.field:
            if field.type_name in _AS_BYTES:
                field.type = field.TYPE_BYTES
                field.ClearField("type_name")
                field.ClearField("options")  # "lazy" is for messages only
            elif field.type_name:
                field.type_name = field.type_name.replace(_THEIR_PACKAGE, _PACKAGE, 1)
