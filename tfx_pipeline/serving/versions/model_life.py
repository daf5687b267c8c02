"""The versions of one model: which are loaded, and which leave when.

Terms: see `version_life`. A version leaves only when another one of its model is ready (this is
"availability preserving"), or when none is aspired. One that failed stays, with its error, until
its folder is no longer aspired; if that comes back, it begins again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from pathlib import Path

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import Servable, StateName
from tfx_pipeline.serving.versions.version_life import VersionLife, Workshop

_LOG = logging.getLogger(__name__)


class ModelLife:
    """All versions of a model that are alive; those that are ready by number, and the latest."""

    def __init__(self, name: str, workshop: Workshop) -> None:
        self.name = name
        self.available: dict[int, VersionLife] = {}
        self.latest: VersionLife | None = None
        self._workshop = workshop
        self._aspired: Mapping[int, Path] = {}
        self._managed: dict[int, VersionLife] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def aspire(self, versions: Mapping[int, Path]) -> None:
        """Have these versions, by number, and no others. Those that are there stay as they are."""
        self._aspired = versions
        self._reconcile()

    def first_load(self) -> StateName:
        """Say how far the model is: AVAILABLE, LOADING, or END when each aspired version failed."""
        aspired = [self._managed.get(number) for number in self._aspired]
        if any(version is not None and version.ready for version in aspired):
            return StateName.AVAILABLE
        ended = [each is not None and each.state.state is StateName.END for each in aspired]
        return StateName.END if ended and all(ended) else StateName.LOADING

    def failure(self) -> str:
        """Name the lowest version that failed, and why; for `first_load` END."""
        version = self._managed[min(self._aspired)]
        return f"{version} due to error: {version.state.code.name}: {version.state.message}"

    async def settled(self) -> None:
        """Wait until nothing loads and nothing leaves."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def abandon(self) -> None:
        """Wait for nothing any more; threads that load go on, and no one looks at the result."""
        for task in self._tasks:
            task.cancel()

    def _reconcile(self) -> None:
        for number, version in list(self._managed.items()):
            if number in self._aspired:
                version.unwanted.clear()
            elif version.state.state is StateName.END:
                del self._managed[number]
            else:
                version.unwanted.set()
        for number, path in self._aspired.items():
            if number not in self._managed:
                self._managed[number] = VersionLife(self.name, number, path, self._workshop)
        while (leaving := next_to_leave(self._managed.values())) is not None:
            self._leave(leaving)
        while (new := next_to_load(self._managed.values())) is not None:
            new.started = True
            self._begin(self._load(new))

    async def _load(self, version: VersionLife) -> None:
        try:
            servable = await version.load()
        except ServingError as error:
            version.become(StateName.END, error)
        else:
            if not version.aspired:
                why = ServingError(Code.CANCELLED, "Loading of servable cancelled")
                version.become(StateName.UNLOADING)
                await self._free(version, servable, why)
                return
            self._offer(version, servable)
        self._reconcile()

    def _offer(self, version: VersionLife, servable: Servable) -> None:
        self.available[version.number] = version
        self.latest = self.available[max(self.available)]
        version.offer(servable)

    def _leave(self, version: VersionLife) -> None:
        del self.available[version.number]
        self.latest = self.available[max(self.available)] if self.available else None
        self._begin(self._free(version, version.withdraw()))

    async def _free(
        self, version: VersionLife, servable: Servable, why: ServingError | None = None
    ) -> None:
        await version.free(servable)
        version.become(StateName.END, why)
        del self._managed[version.number]
        self._reconcile()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def next_to_leave(versions: Iterable[VersionLife]) -> VersionLife | None:
    """Choose the version that leaves now: the lowest one that is ready and not aspired.

    None leaves while it is the only one that answers and an aspired one is still to come.
    """
    known = list(versions)
    leaving = [version for version in known if version.ready and not version.aspired]
    replaced = not any(version.aspired for version in known) or any(
        version.ready and version.aspired for version in known
    )
    if leaving and (replaced or len(leaving) > 1):
        return min(leaving, key=lambda version: version.number)
    return None


def next_to_load(versions: Iterable[VersionLife]) -> VersionLife | None:
    """Choose the version that begins to load: the highest new one."""
    new = [version for version in versions if version.aspired and not version.started]
    return max(new, key=lambda version: version.number, default=None)
