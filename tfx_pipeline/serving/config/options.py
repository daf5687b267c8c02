"""The server's command line: that of `tensorflow_model_server`, and a few flags of our own.

Terms:
    flag: `--name=value`; a boolean one also bare, or `=true` and `=false`. As in TensorFlow
        Serving an unknown flag is named and passed over; a value that cannot be read is an error.
"""

from __future__ import annotations

import dataclasses
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.errors import invalid_argument


def _flag(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class ServerOptions:
    """Values of the flags, by their names."""

    port: int = _flag(8500, "TCP port of gRPC; 0: none")
    grpc_socket_path: str = _flag("", "path of a Unix socket for gRPC; empty: none")
    rest_api_port: int = _flag(0, "TCP port of REST; 0: none; not that of gRPC")
    rest_api_num_threads: int = _flag(4 * (os.cpu_count() or 1), "threads that run models")
    rest_api_timeout_in_ms: int = _flag(30_000, "time a REST request's model run may take")
    rest_api_enable_cors_support: bool = _flag(False, "send CORS headers")
    enable_batching: bool = _flag(False, "run several requests as one batch")
    batching_parameters_file: str = _flag("", "text file of BatchingParameters")
    enable_per_model_batching_parameters: bool = _flag(
        False, "read batching_params.pbtxt of each version's folder"
    )
    model_config_file: str = _flag("", "text file of ModelServerConfig; the next two do not count")
    model_config_file_poll_wait_seconds: int = _flag(0, "read that file again; 0: never")
    model_name: str = _flag("default", "name of the one model")
    model_base_path: str = _flag("", "folder of its versions")
    allow_version_labels_for_unavailable_models: bool = _flag(
        False, "let a new version label name a version that is not available yet"
    )
    file_system_poll_wait_seconds: int = _flag(1, "look for versions again; 0: once")
    max_num_load_retries: int = _flag(5, "further tries to load a version that fails")
    load_retry_interval_micros: int = _flag(60_000_000, "time between two of them")
    num_load_threads: int = _flag(0, "versions that load at the same time; 0: one")
    num_unload_threads: int = _flag(0, "accepted; unloading never waits here")
    tensorflow_session_parallelism: int = _flag(0, "threads of a session; 0: TensorFlow chooses")
    tensorflow_intra_op_parallelism: int = _flag(0, "threads of one operation")
    tensorflow_inter_op_parallelism: int = _flag(0, "operations at the same time")
    ssl_config_file: str = _flag("", "text file of SSLConfig: TLS for gRPC")
    monitoring_config_file: str = _flag("", "text file of MonitoringConfig: Prometheus")
    tensorflow_session_config_file: str = _flag("", "text file of ConfigProto for the sessions")
    platform_config_file: str = _flag("", "text file of PlatformConfigMap; checked, no more")
    thread_pool_factory_config_file: str = _flag(
        "", "text file of ThreadPoolFactoryConfig; checked, no more"
    )
    saved_model_tags: str = _flag("serve", "tags of the graph to load, with commas between them")
    grpc_channel_arguments: str = _flag(
        "",
        "gRPC's own settings: name=value,name=value; grpc.max_receive_message_length: bytes of the"
        " largest request",
    )
    grpc_max_threads: int = _flag(4 * (os.cpu_count() or 1), "accepted; gRPC runs on one loop")
    enable_model_warmup: bool = _flag(True, "replay a version's warm-up requests before it serves")
    num_request_iterations_for_warmup: int = _flag(0, "times to replay each; 0: once")
    prefer_tflite_model: bool = _flag(False, "load model.tflite where a version has one")
    num_tflite_pools: int = _flag(0, "accepted: interpreters are made as they are needed")
    num_tflite_interpreters_per_pool: int = _flag(0, "accepted, as above")
    enable_profiler: bool = _flag(True, "answer ProfilerService on the port of gRPC")
    enable_grpc_healthcheck_service: bool = _flag(False, "answer gRPC's health checks")
    enable_signature_method_name_check: bool = _flag(
        False, "refuse a signature whose method name is not the request's"
    )
    enable_serialization_as_tensor_content: bool = _flag(
        False, "answer Predict with tensor_content instead of typed values"
    )
    version: bool = _flag(False, "print versions and end")
    # Not of TensorFlow Serving, which names them as unknown and goes on.
    bind_address: str = _flag("127.0.0.1", "address to listen at; 0.0.0.0: every one")
    workers: int = _flag(1, "processes that share the ports")
    rest_tls_cert_file: str = _flag("", "PEM file of the certificate: TLS for REST")
    rest_tls_key_file: str = _flag("", "PEM file of its key")
    bearer_token_file: str = _flag("", "file of the token that each REST and gRPC call must bring")


class FlagError(Exception):
    """The command line cannot be used; the message says why, and is followed by the usage."""


# Flags of TensorFlow Serving that change nothing here.
_ACCEPTED = frozenset(
    {
        "flush_filesystem_caches",
        "mixed_precision",
        "per_process_gpu_memory_fraction",
        "remove_unused_fields_from_bundle_metagraph",
        "skip_initialize_tpu",
        "use_alts_credentials",
        "xla_cpu_compilation_enabled",
        "xla_gpu_compilation_enabled",
    }
)
_PORTS = range(2**16)  # gRPC would listen at one of them for any number
_BOOLEANS = {"": True, "true": True, "1": True, "false": False, "0": False}


def parse_flags(words: Sequence[str]) -> tuple[ServerOptions, list[str]]:
    """Read the words after the program's name: the options, and the words that are no flag.

    FlagError: a value cannot be read.
    """
    fields = {each.name: each for each in dataclasses.fields(ServerOptions)}
    values: dict[str, Any] = {}
    unknown = []
    for word in words:
        name, equals, text = word.removeprefix("--").partition("=")
        if not word.startswith("--") or (name not in fields and name not in _ACCEPTED):
            if word in ("--help", "-h"):
                raise FlagError("")
            unknown.append(word)
        elif name in fields:
            values[name] = _value(name, type(fields[name].default), text if equals else None)
    return ServerOptions(**values), unknown


def check_options(options: ServerOptions) -> None:
    """Raise ServingError for flags that do not go together, in TensorFlow Serving's words."""
    problem = ""
    if options.port == 0 and not options.grpc_socket_path:
        names = "server_options.grpc_port or server_options.grpc_socket_path"
        problem = f"At least one of {names} must be set."
    elif not options.model_base_path and not options.model_config_file:
        names = "server_options.model_base_path and server_options.model_config_file"
        problem = f"Both {names} are empty!"
    elif options.batching_parameters_file and not options.enable_batching:
        problem = (
            "server_options.batching_parameters_file is set without setting"
            " server_options.enable_batching to true."
        )
    elif (
        min(
            options.tensorflow_session_parallelism,
            options.tensorflow_intra_op_parallelism,
            options.tensorflow_inter_op_parallelism,
        )
        > 0
    ):
        problem = (
            "Either configure server_options.tensorflow_session_parallelism or"
            " (server_options.tensorflow_intra_op_parallelism,"
            " server_options.tensorflow_inter_op_parallelism) separately."
            " You cannot configure all."
        )
    elif not (options.port in _PORTS and options.rest_api_port in _PORTS):
        problem = f"port {options.port}, rest_api_port {options.rest_api_port}: 0 to 65535"
    elif options.workers < 1:
        problem = f"workers must be at least 1, and not {options.workers}"
    elif bool(options.rest_tls_cert_file) != bool(options.rest_tls_key_file):
        problem = "rest_tls_cert_file and rest_tls_key_file go together: only one is set"
    if problem:
        raise invalid_argument(problem)


def usage(program: str) -> str:
    """List the flags, one a line."""
    lines = [f"usage: {program}", "Flags:"]
    for each in dataclasses.fields(ServerOptions):
        default = str(each.default).lower() if isinstance(each.default, bool) else each.default
        name = f"--{each.name}={default}"
        lines.append(f"  {name:<58} {type(each.default).__name__:<5} {each.metadata['meaning']}")
    return "\n".join(lines)


def _value(name: str, kind: type, text: str | None) -> Any:
    try:
        if kind is bool:
            return _BOOLEANS[(text or "").lower()]
        if text is not None:
            return kind(text)
    except (KeyError, ValueError):
        pass
    raise FlagError(f"Couldn't interpret value {text or ''} for flag {name}.")


class BearerToken:
    """A token in a file; it is compared in a time that tells nothing about it.

    Raises:
        ServingError: the file cannot be read, or is empty but for white space.
    """

    def __init__(self, path: str) -> None:
        try:
            self._token = Path(path).read_bytes().strip()
        except OSError as error:
            raise invalid_argument(f"bearer_token_file: {path}: {error.strerror}") from error
        if not self._token:
            raise invalid_argument(f"bearer_token_file: {path}: there is no token in it")

    def is_in(self, authorization: bytes) -> bool:
        """Tell whether the value of an `Authorization` header brings it."""
        scheme, _, token = authorization.partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)
