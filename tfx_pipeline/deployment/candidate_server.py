"""Serve a candidate for as long as someone asks it, by a model server in a process of its own.

Terms:
    ladder: the servers of which the first that is there is taken: the real
        `tensorflow_model_server`, else the embedded one. Both have the same command line.
    ready process: one that has TensorFlow in memory already, to become the embedded server.
    offer: what whoever runs the pipeline in this process does for the servers that are started in
        it: gives them a ready process, and starts one early, while another step runs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tfx_pipeline.deployment.launch import Launch, plan_launch
from tfx_pipeline.processes import parent_death
from tfx_pipeline.processes.this_process import redirect
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.types import StateName

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_WORDS = {"binary": "tensorflow_model_server", "embedded": "embedded server"}
_POLL_S = 0.02
_STOP_S = 10.0

_LOG = logging.getLogger(__name__)


class ReadyProcess(Protocol):
    """A process that calls one function, and then ends; see the module's terms."""

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Let it call a function of a module."""

    def poll(self) -> int | None:
        """Give the exit status; none while it runs."""

    def wait(self, timeout: float) -> Any:
        """Wait for its end."""

    def kill(self) -> None:
        """End it."""


class ServerFailedError(Exception):
    """The server ended or did not serve in time; the message says so, with its last words."""


@dataclass(frozen=True)
class ServerAddress:
    """Where a server answers that serves one model."""

    server: str  # what it is, in words
    model_name: str
    rest: str
    grpc: str


class RunningServer:
    """A server on one model, which is loaded as version 1 from where it is.

    Args:
        kind: `binary`, `embedded`, or `auto` for the ladder.
        model: folder of a SavedModel.
        model_name: name under which it is served.
        ready: becomes the embedded server, if that is chosen.

    Raises:
        PipelineError: the server that is asked for is not there.
        OSError: it cannot be started.
    """

    def __init__(
        self, kind: str, model: Path, model_name: str, ready: ReadyProcess | None = None
    ) -> None:
        self.what = (kind, model, model_name)
        self._folder = tempfile.TemporaryDirectory(prefix="infra-check-")
        base = Path(self._folder.name) / model_name
        base.mkdir()
        (base / "1").symlink_to(model.absolute(), target_is_directory=True)
        self._log = Path(self._folder.name) / "server.log"
        flags = _flags(base)
        launch = plan_launch(kind, flags)
        self.address = ServerAddress(
            _WORDS[launch.kind],
            model_name,
            f"http://127.0.0.1:{flags['rest_api_port']}",
            f"127.0.0.1:{flags['port']}",
        )
        self.process = _start_process(launch, flags, self._log, ready)

    def wait_until_served(self, timeout_s: float) -> None:
        """Wait until the model is available.

        Raises:
            ServerFailedError: the server ended, or the time did.
        """
        from tfx_pipeline.deployment.client import RestClient, UnreachableError

        deadline = time.monotonic() + timeout_s
        with contextlib.closing(RestClient(self.address.rest, timeout_s)) as client:
            while time.monotonic() < deadline:
                if self.process.poll() is not None:
                    raise ServerFailedError("the server ended without serving the model")
                with contextlib.suppress(UnreachableError):
                    states = client.states(self.address.model_name)
                    if any(state.state is StateName.AVAILABLE for state in states):
                        return
                time.sleep(_POLL_S)
        raise ServerFailedError(f"the model was not served within {timeout_s:g} s")

    def last_words(self) -> str:
        """Give the end of what it said."""
        words = [line.strip() for line in self._text().splitlines() if line.strip()][-3:]
        return f"; it said: {' | '.join(words)}" if words else ""

    def stop(self) -> None:
        """End it, at once, and write what it said to the log of this process."""
        self.process.kill()
        self.process.wait(_STOP_S)
        _LOG.info("the %s said:\n%s", self.address.server, self._text())
        self._folder.cleanup()

    def _text(self) -> str:
        return self._log.read_text("utf-8", errors="replace") if self._log.exists() else ""


@dataclass
class _Offer:
    """See the module's terms."""

    process: ReadyProcess | None
    early: RunningServer | None = None


_OFFER: ContextVar[_Offer | None] = ContextVar("offer", default=None)


@contextlib.contextmanager
def offered(process: ReadyProcess | None) -> Iterator[None]:
    """Offer a process to the first server that is started within, in this thread; see the terms."""
    offer = _Offer(process)
    token = _OFFER.set(offer)
    try:
        yield
    finally:
        _OFFER.reset(token)
        if offer.early is not None:
            offer.early.stop()


def start_early(kind: str, model: Path, model_name: str) -> None:
    """Start the server that `serving` will be asked for, where there is an offer; never fail."""
    offer = _OFFER.get()
    if offer is not None and offer.early is None:
        try:
            offer.early = _start(kind, model, model_name)
        except Exception:
            _LOG.exception("no early start of a model server")  # `serving` will say it


@contextlib.contextmanager
def serving(kind: str, model: Path, model_name: str, timeout_s: float) -> Iterator[ServerAddress]:
    """Serve a model on free ports of this machine until the block ends.

    See `RunningServer`; the model must be loaded within `timeout_s`.

    Raises:
        ServerFailedError: it does not come to serve, or ends while the block asks it.
        PipelineError: the server that is asked for is not there.
        OSError: it cannot be started.
    """
    running, offer = None, _OFFER.get()
    if offer is not None:
        running, offer.early = offer.early, None
    if running and running.what != (kind, model, model_name):
        running.stop()
        running = None
    running = running or _start(kind, model, model_name)
    try:
        running.wait_until_served(timeout_s)
        yield running.address
    except (ServerFailedError, ServingError) as error:
        if isinstance(error, ServingError):
            if running.process.poll() is None:
                raise
            error = ServerFailedError("the server ended while it was asked")
        raise ServerFailedError(f"{error}{running.last_words()}") from error
    finally:
        running.stop()


def _start(kind: str, model: Path, model_name: str) -> RunningServer:
    ready = None
    if offer := _OFFER.get():
        ready, offer.process = offer.process, None  # it serves once
    return RunningServer(kind, model, model_name, ready)


def serve_embedded(flags: Sequence[str], log: str) -> None:
    """Become the embedded server; everything it says goes to a file."""
    from tfx_pipeline.serving import server

    with Path(log).open("ab") as file:
        redirect(1, 2, to=file.fileno())
    server.program(flags)


def _flags(base: Path) -> dict[str, str]:
    """Load once and never again: a failing load ends the server."""
    with socket.socket() as grpc, socket.socket() as rest:  # both held: two ports
        for each in (grpc, rest):
            each.bind(("127.0.0.1", 0))
        grpc_port, rest_port = grpc.getsockname()[1], rest.getsockname()[1]
    return {
        "port": str(grpc_port),
        "rest_api_port": str(rest_port),
        "model_name": base.name,
        "model_base_path": str(base),
        "file_system_poll_wait_seconds": "0",
        "max_num_load_retries": "0",
    }


def _start_process(
    launch: Launch, flags: Mapping[str, str], log: Path, ready: ReadyProcess | None
) -> ReadyProcess | subprocess.Popen[bytes]:
    if ready is not None and launch.kind == "embedded":
        with contextlib.suppress(OSError):  # it has ended
            words = [f"--{name}={value}" for name, value in flags.items()]
            ready.call(serve_embedded, words, str(log))
            return ready
    # By way of a program that ties the server to this process: SIGKILL leaves no time to end it.
    tie = (sys.executable, "-I", "-S", parent_death.__file__, str(os.getpid()))
    paths = [str(_PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    with log.open("ab") as file:
        return subprocess.Popen(
            (*tie, *launch.command),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
