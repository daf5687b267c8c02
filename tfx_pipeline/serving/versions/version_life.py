"""The life of one version: loading, answering, leaving.

Terms:
    aspired: asked for by the folder and the policy; see `source`.
    ready: loaded and answering; its state is AVAILABLE.
    lease: one use of a ready version. A version that leaves is freed when all are given back.
    attempt: one try to load. After the last one the version is END with its error.
    slot: leave to load; there are as many as versions may load at the same time. It is given back
        between two attempts, so that a broken version holds up no good one.

All of this runs on the event loop; only loading and freeing go to threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import Servable, StateName, VersionState

Load = Callable[[str, int, Path], Servable]
"""Load a version of a model, warm-up included; it blocks, and raises ServingError."""

_Result = TypeVar("_Result")
_LOG = logging.getLogger(__name__)


@dataclass
class Workshop:
    """What all versions of all models share.

    Attributes:
        load: runs in a thread.
        attempts: at loading a version; 1 or more.
        retry_s: seconds between two of them.
        slots: replaced when the server has started.
        threads: for what blocks.
        report: called on each change, with the model's name.
    """

    load: Load
    attempts: int
    retry_s: float
    slots: asyncio.Semaphore
    threads: Executor
    report: Callable[[str, VersionState], None]

    async def in_thread(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """Run what blocks."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *arguments)


class VersionLife:
    """One version of a model, from START to END; `with version as servable` is a lease on it."""

    __slots__ = (
        "_idle", "_leases", "_workshop", "model", "number", "path", "servable", "started", "state",
        "unwanted",
    )  # fmt: skip

    def __init__(self, model: str, number: int, path: Path, workshop: Workshop) -> None:
        self.model = model
        self.number = number
        self.path = path
        self.servable: Servable | None = None
        self.started = False  # whether loading was asked for
        self.unwanted = asyncio.Event()  # set: not aspired
        self._workshop = workshop
        self._leases = 0
        self._idle: asyncio.Event | None = None
        self.become(StateName.START)

    def acquire(self) -> Servable:
        """Take a lease, to be given back by `release`; ServingError if it has left."""
        servable = self.servable
        if servable is None:
            raise not_found(f"Specific({self.model}, {self.number})")
        self._leases += 1
        return servable

    def release(self) -> None:
        """Give a lease back."""
        self._leases -= 1
        if self._idle is not None and not self._leases:
            self._idle.set()

    def __enter__(self) -> Servable:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def __str__(self) -> str:
        return f"{{name: {self.model} version: {self.number}}}"

    @property
    def aspired(self) -> bool:
        """Whether it is still asked for."""
        return not self.unwanted.is_set()

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        return self.state.state is StateName.AVAILABLE

    def become(self, name: StateName, error: ServingError | None = None) -> None:
        """Change the state, and tell."""
        if error is None:
            self.state = VersionState(self.number, name)
        else:
            self.state = VersionState(self.number, name, error.code, error.message)
        self._workshop.report(self.model, self.state)

    async def load(self) -> Servable:
        """Load it, with as many attempts as are allowed while it is aspired.

        ServingError: the last attempt failed, or it is no longer aspired.
        """
        error = ServingError(Code.CANCELLED, f"Loading of servable {self} was cancelled")
        for attempt in range(self._workshop.attempts):
            if attempt:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self.unwanted.wait(), self._workshop.retry_s)
            async with self._workshop.slots:
                if not self.aspired:
                    break
                if not attempt:
                    self.become(StateName.LOADING)
                _LOG.info("Loading servable: %s, attempt %d: %s", self, attempt + 1, self.path)
                try:
                    return await self._attempt()
                except ServingError as failure:
                    error = failure
                    _LOG.error("Loading servable: %s failed: %s", self, error)
        raise error

    async def _attempt(self) -> Servable:
        workshop = self._workshop
        try:
            return await workshop.in_thread(workshop.load, self.model, self.number, self.path)
        except ServingError:
            raise
        except Exception as error:  # whatever a model makes a library raise, the others go on
            _LOG.exception("Loading servable: %s", self)
            raise ServingError(Code.UNKNOWN, f"{type(error).__name__}: {error}") from error

    def offer(self, servable: Servable) -> None:
        """Let it answer."""
        self.servable = servable
        self.become(StateName.AVAILABLE)

    def withdraw(self) -> Servable:
        """Give no more leases; return what is then to be freed."""
        servable, self.servable = self.servable, None
        assert servable is not None
        self.become(StateName.UNLOADING)
        return servable

    async def free(self, servable: Servable) -> None:
        """Wait for the leases that are out, and let go of what it holds."""
        self._idle = asyncio.Event()
        if self._leases:
            await self._idle.wait()
        try:
            await servable.runner.close()
            await self._workshop.in_thread(servable.model.close)
        except Exception:  # it answers no more, whatever went wrong
            _LOG.exception("Unloading servable: %s", self)
        _LOG.info("Done unloading servable version %s", self)


def not_found(request: str) -> ServingError:
    """Make the error of a request for what is not served."""
    return ServingError(Code.NOT_FOUND, f"Servable not found for request: {request}")
