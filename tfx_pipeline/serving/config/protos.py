"""Reading the configuration files of TensorFlow Serving: protobuf text.

The package `tensorflow-serving-api` brings ModelServerConfig, and not the messages for batching,
TLS, monitoring and platforms. Those are declared here by field numbers, as the server's binary
reads them, and under its names, which its errors mention; in a pool of their own, so that another
library may declare them too.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.tensors.wire import class_in_pool

_PACKAGE = "tensorflow.serving"
_SECRET = ("SSLConfig",)
# Message -> field -> (number, type); a type in brackets is repeated, one with ? is wrapped, and one
# in braces is that of the values of a map whose keys are strings.
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
    "ThreadPoolFactoryConfig": {"thread_pool_factory_config": (1, "google.protobuf.Any")},
    "PlatformConfig": {"source_adapter_config": (1, "google.protobuf.Any")},
    "PlatformConfigMap": {"platform_configs": (1, "{PlatformConfig}")},
    "SavedModelBundleSourceAdapterConfig": {"legacy_config": (1000, "SessionBundleConfig")},
    "ModelWarmupOptions": {
        "num_request_iterations": (1, "int32?"),
        "num_model_warmup_threads": (2, "int32?"),
        "model_name": (3, "string"),
        "model_version": (4, "int64"),
        "enable_all_batch_sizes_warmup": (5, "bool"),
    },
    "SessionBundleConfig": {
        "session_target": (1, "string"),
        "session_config": (2, "tensorflow.ConfigProto"),
        "batching_parameters": (3, "BatchingParameters"),
        "session_run_load_threadpool_index": (4, "int32?"),
        "experimental_transient_ram_bytes_during_load": (5, "uint64"),
        "saved_model_tags": (6, "[string]"),
        "experimental_fixed_input_tensors": (778, "[tensorflow.NamedTensorProto]"),
        "enable_model_warmup": (779, "bool"),
        "model_warmup_options": (780, "ModelWarmupOptions"),
        "enable_session_metadata": (781, "bool"),
        "remove_unused_fields_from_bundle_metagraph": (782, "bool"),
        "prefer_tflite_model": (783, "bool"),
        "resource_estimation_uses_validation_result": (784, "bool"),
        "num_tflite_interpreters": (785, "int32"),
        "num_tflite_interpreters_per_pool": (786, "int32"),
        "num_tflite_pools": (787, "int32"),
        "wrap_session_with_no_threading_params": (788, "bool"),
        "enable_per_model_batching_params": (789, "bool"),
        "enable_saved_model_config": (790, "bool"),
        "mixed_precision": (791, "string"),
    },
}


def read_model_config(path: str) -> Any:
    """Read a file of `ModelServerConfig`; ServingError if that fails."""
    from tensorflow_serving.config import model_server_config_pb2

    return _read(path, model_server_config_pb2.ModelServerConfig())


def read_session_config(path: str) -> Any:
    """Read a file of `tensorflow.ConfigProto`; ServingError if that fails."""
    from tensorflow.core.protobuf import config_pb2

    return _read(path, config_pb2.ConfigProto())


def read_message(name: str, path: str) -> Any:
    """Read a file of a message that is declared here; ServingError if that fails."""
    return _read(path, new_message(name), _pool())


def new_message(name: str) -> Any:
    """Make an empty message of one of the types that are declared here."""
    return class_in_pool(_pool(), f"{_PACKAGE}.{name}")()


def _read(path: str, message: Any, pool: Any = None) -> Any:
    from google.protobuf import text_format

    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ServingError(_code_of(error), f"{path}; {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise invalid_argument(f"Invalid protobuf file: '{path}': not UTF-8") from error
    try:
        return text_format.Parse(text, message, descriptor_pool=pool)
    except text_format.ParseError as error:
        # As protobuf's C++ library says it, which the real server is made with.
        where = f"{error.GetLine()}:{error.GetColumn()}"
        what = str(error).removeprefix(f"{where} : ").rpartition("': ")[2]  # without the line
        if message.DESCRIPTOR.name in _SECRET:
            what = "Not as expected, and not shown, for it may be of a key."
        detail = f"Error parsing text-format {message.DESCRIPTOR.full_name}: {where}: {what}"
        raise ConfigTextError(
            Code.INVALID_ARGUMENT, f"Invalid protobuf file: '{path}': {detail}"
        ) from error


class ConfigTextError(ServingError):
    """A file that is no text of its message; the message says where in it."""


def _code_of(error: OSError) -> Code:
    if isinstance(error, FileNotFoundError):
        return Code.NOT_FOUND
    return Code.PERMISSION_DENIED if isinstance(error, PermissionError) else Code.UNKNOWN


def declared_pool(
    package: str,
    messages: Mapping[str, Mapping[str, tuple[int, str]]],
    imported: Sequence[Any] = (),
) -> Any:
    """Make a descriptor pool of messages that are declared as in `_MESSAGES`.

    The types that they use beside each other are those of the imported files.
    """
    from google.protobuf import descriptor_pb2, descriptor_pool

    pool = descriptor_pool.DescriptorPool()
    known: set[str] = set()
    for each in imported:
        _add_file(pool, each, known)
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto",
        package=package,
        dependency=[each.name for each in imported],
        syntax="proto3",
    )
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            _add_field(message, message.field.add(name=field, number=number), kind, package)
    pool.AddSerializedFile(file.SerializeToString())
    return pool


@functools.cache
def _pool() -> Any:
    from google.protobuf import any_pb2, wrappers_pb2
    from tensorflow.core.protobuf import config_pb2, named_tensor_pb2

    imported = (any_pb2, wrappers_pb2, config_pb2, named_tensor_pb2)
    return declared_pool(_PACKAGE, _MESSAGES, [each.DESCRIPTOR for each in imported])


def _add_file(pool: Any, file: Any, known: set[str]) -> None:
    """Add a file to a pool, behind those that it imports."""
    if file.name in known:
        return
    known.add(file.name)
    for each in file.dependencies:
        _add_file(pool, each, known)
    pool.AddSerializedFile(file.serialized_pb)


def _add_field(message: Any, field: Any, kind: str, package: str) -> None:
    scalar = kind.strip("[]?{}")
    is_repeated = kind[0] in "[{"
    field.label = field.LABEL_REPEATED if is_repeated else field.LABEL_OPTIONAL
    if kind.startswith("{"):
        entry = message.nested_type.add(name=f"{field.name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        for number, (name, type_) in enumerate((("key", "string"), ("value", scalar)), 1):
            _add_field(entry, entry.field.add(name=name, number=number), type_, package)
        field.type, field.type_name = field.TYPE_MESSAGE, entry.name
    elif kind.endswith("?"):
        wrapper = f".google.protobuf.{scalar.title()}Value"
        field.type, field.type_name = field.TYPE_MESSAGE, wrapper
    elif "." in scalar:
        field.type, field.type_name = field.TYPE_MESSAGE, f".{scalar}"
    elif scalar[0].isupper():
        field.type, field.type_name = field.TYPE_MESSAGE, f".{package}.{scalar}"
    else:
        field.type = getattr(field, f"TYPE_{scalar.upper()}")
