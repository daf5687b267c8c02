"""Serve a candidate for as long as someone asks it.

Terms:
    offer: what whoever runs the pipeline in this process does for the servers that are started in
        it: gives them a ready process (see `server_process`), and starts one early, while another
        step runs.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.deployment.server_process import (
    ReadyProcess,
    RunningServer,
    ServerAddress,
    ServerFailedError,
)
from tfx_pipeline.serving.errors import ServingError

_LOG = logging.getLogger(__name__)


@dataclass
class _Offer:
    """See the module's terms."""

    process: ReadyProcess | None
    early: RunningServer | None = None

    def take_process(self) -> ReadyProcess | None:
        """Give the process away: it serves once."""
        process, self.process = self.process, None
        return process


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
    running = _started_early(kind, model, model_name) or _start(kind, model, model_name)
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


def _started_early(kind: str, model: Path, model_name: str) -> RunningServer | None:
    offer = _OFFER.get()
    if offer is None or offer.early is None:
        return None
    early, offer.early = offer.early, None
    if early.what == (kind, model, model_name):
        return early
    early.stop()
    return None


def _start(kind: str, model: Path, model_name: str) -> RunningServer:
    offer = _OFFER.get()
    return RunningServer(kind, model, model_name, offer.take_process() if offer else None)
