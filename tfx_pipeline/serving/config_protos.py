"""Reading the configuration files of TensorFlow Serving: protobuf text.

The package `tensorflow-serving-api` brings ModelServerConfig, and not the messages for batching,
TLS and monitoring. Those are declared here by field numbers, as the server's binary reads them.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.wire import class_in_pool

_WRAPPED = {"int64": "Int64Value", "bool": "BoolValue", "string": "StringValue"}
# Message -> field -> (number, type); a type in brackets is repeated, one with ? is wrapped.
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "BatchingParameters": {
        "max_batch_size": (1, "int64?"),
        "batch_timeout_micros": (2, "int64?"),
        "max_enqueued_batches": (3, "int64?"),
        "num_batch_threads": (4, "int64?"),
        "thread_pool_name": (5, "string?"),
        "allowed_batch_sizes": (6, "[int64]"),
        "pad_variable_length_inputs": (7, "bool"),
        "enable_large_batch_splitting": (8, "bool?"),
        "max_execution_batch_size": (9, "int64?"),
    },
    "SSLConfig": {
        "server_key": (1, "string"),
        "server_cert": (2, "string"),
        "custom_ca": (3, "string"),
        "client_verify": (4, "bool"),
    },
    "PrometheusConfig": {"enable": (1, "bool"), "path": (2, "string")},
    "MonitoringConfig": {"prometheus_config": (1, "PrometheusConfig")},
}


def read_model_config(path: str) -> Any:
    """Read a file of `ModelServerConfig`.

    Raises:
        ServingError: the file cannot be read or parsed.
    """
    from tensorflow_serving.config import model_server_config_pb2

    return _read(path, model_server_config_pb2.ModelServerConfig())


def read_message(name: str, path: str) -> Any:
    """Read a file of one of the messages that are declared here.

    Args:
        name: BatchingParameters, SSLConfig or MonitoringConfig.
        path: of the text file.

    Raises:
        ServingError: the file cannot be read or parsed.
    """
    return _read(path, new_message(name))


def new_message(name: str) -> Any:
    """Make an empty message of one of the types that are declared here."""
    return _classes()[name]()


def _read(path: str, message: Any) -> Any:
    from google.protobuf import text_format

    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ServingError(_code_of(error), f"{path}; {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise invalid_argument(f"Invalid protobuf file: '{path}': not UTF-8") from error
    try:
        return text_format.Parse(text, message)
    except text_format.ParseError as error:
        raise invalid_argument(f"Invalid protobuf file: '{path}': {error}") from error


def _code_of(error: OSError) -> Code:
    if isinstance(error, FileNotFoundError):
        return Code.NOT_FOUND
    return Code.PERMISSION_DENIED if isinstance(error, PermissionError) else Code.UNKNOWN


@functools.cache
def _classes() -> dict[str, Any]:
    from google.protobuf import descriptor_pb2, descriptor_pool, wrappers_pb2

    file = descriptor_pb2.FileDescriptorProto(
        name="tfx_pipeline/serving/config.proto",
        package="tfx_pipeline.serving",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
        syntax="proto3",
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            _add_field(message.field.add(name=field, number=number), kind)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return {name: class_in_pool(pool, f"{file.package}.{name}") for name in _MESSAGES}


def _add_field(field: Any, kind: str) -> None:
    scalar = kind.strip("[]?")
    field.label = field.LABEL_REPEATED if kind.startswith("[") else field.LABEL_OPTIONAL
    if kind.endswith("?"):
        field.type, field.type_name = field.TYPE_MESSAGE, f".google.protobuf.{_WRAPPED[scalar]}"
    elif scalar in _MESSAGES:
        field.type, field.type_name = field.TYPE_MESSAGE, f".tfx_pipeline.serving.{scalar}"
    else:
        field.type = getattr(field, f"TYPE_{scalar.upper()}")
