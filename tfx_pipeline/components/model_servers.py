"""Start a model server on a candidate, wait until it serves, and stop it.

Terms:
    ladder: the servers of which the first that is there is taken: the real
        `tensorflow_model_server`, else the embedded one. Both have the same command line.
    ready process: one that has TensorFlow in memory already, which whoever runs the pipeline in
        this process may offer (`offered`); the embedded server then starts in it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.launch import Launch, plan_launch
from tfx_pipeline.serving.types import StateName

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_WORDS = {"binary": "tensorflow_model_server", "embedded": "embedded server"}
_POLL_S = 0.02
_STOP_S = 10.0

_LOG = logging.getLogger(__name__)


class ReadyProcess(Protocol):
    """A process that calls one function and ends; see the module's terms."""

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Let it call a function of a module."""

    def poll(self) -> int | None:
        """Give the exit status; none while it runs."""

    def wait(self, timeout: float) -> Any:
        """Wait for its end."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""


_READY: ContextVar[ReadyProcess | None] = ContextVar("ready process", default=None)


class ServerFailedError(Exception):
    """The server ended or did not serve in time; the message says so, with its last words."""


@dataclass(frozen=True)
class Served:
    """A server that serves one model.

    Attributes:
        server: what serves it, in words.
        model_name: name of the model.
        rest: address of the REST port.
        grpc: address of the gRPC port.
    """

    server: str
    model_name: str
    rest: str
    grpc: str


@contextlib.contextmanager
def offered(process: ReadyProcess | None) -> Iterator[None]:
    """Offer a process to the first server that is started within, in this thread."""
    token = _READY.set(process)
    try:
        yield
    finally:
        _READY.reset(token)


@contextlib.contextmanager
def serving(kind: str, model: Path, model_name: str, timeout_s: float) -> Iterator[Served]:
    """Serve a model on free ports of this machine until the block ends.

    Args:
        kind: `binary`, `embedded`, or `auto` for the ladder.
        model: folder of a SavedModel; served as version 1, from where it is.
        model_name: name under which it is served.
        timeout_s: time to load it.

    Raises:
        ServerFailedError: it does not come to serve, or ends while the block asks it.
        PipelineError: the server that is asked for is not there.
        OSError: it cannot be started.
    """
    with tempfile.TemporaryDirectory(prefix="infra-check-") as folder:
        base = Path(folder) / model_name
        base.mkdir()
        (base / "1").symlink_to(model.absolute(), target_is_directory=True)
        log = Path(folder) / "server.log"
        flags = _flags(base)
        launch = plan_launch(kind, flags)
        served = Served(
            _WORDS[launch.kind],
            model_name,
            f"http://127.0.0.1:{flags['rest_api_port']}",
            f"127.0.0.1:{flags['port']}",
        )
        process = _start(launch, flags, log)
        try:
            _wait_until_served(process, served, timeout_s)
            yield served
        except (ServerFailedError, ServingError) as error:
            if isinstance(error, ServingError):
                if process.poll() is None:
                    raise
                error = ServerFailedError("the server ended while it was asked")
            raise ServerFailedError(f"{error}{_last_words(log)}") from error
        finally:
            _stop(process)
            _LOG.info("the %s said:\n%s", served.server, _text_of(log))


def serve_embedded(flags: Sequence[str], log: str) -> None:
    """Become the embedded server; everything it says goes to a file."""
    from tfx_pipeline.serving import server

    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    server.program(flags)


def _flags(base: Path) -> dict[str, str]:
    """Load once and never again: a failing load ends the server."""
    grpc_port, rest_port = _free_ports(2)
    return {
        "port": str(grpc_port),
        "rest_api_port": str(rest_port),
        "model_name": base.name,
        "model_base_path": str(base),
        "file_system_poll_wait_seconds": "0",
        "max_num_load_retries": "0",
    }


def _start(
    launch: Launch, flags: Mapping[str, str], log: Path
) -> ReadyProcess | subprocess.Popen[bytes]:
    ready = _READY.get()
    if ready is not None and launch.kind == "embedded":
        _READY.set(None)  # it serves once
        with contextlib.suppress(OSError):
            words = [f"--{name}={value}" for name, value in flags.items()]
            ready.call(serve_embedded, words, str(log))
            return ready
    paths = [str(_PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    with log.open("ab") as file:
        return subprocess.Popen(
            launch.command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )


def _wait_until_served(
    process: ReadyProcess | subprocess.Popen[bytes], served: Served, timeout_s: float
) -> None:
    from tfx_pipeline.serving.client import RestClient, UnreachableError

    client = RestClient(served.rest, timeout_s)
    deadline = time.monotonic() + timeout_s
    with contextlib.closing(client):
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ServerFailedError("the server ended without serving the model")
            with contextlib.suppress(UnreachableError):
                states = client.states(served.model_name)
                if any(state.state is StateName.AVAILABLE for state in states):
                    return
            time.sleep(_POLL_S)
    raise ServerFailedError(f"the model was not served within {timeout_s:g} s")


def _stop(process: ReadyProcess | subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_S)
    if process.poll() is None:
        process.kill()
        process.wait(_STOP_S)


def _last_words(log: Path, lines: int = 3) -> str:
    words = [line.strip() for line in _text_of(log).splitlines() if line.strip()][-lines:]
    return "".join(f"; it said: {' | '.join(words)}" if words else "")


def _text_of(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
