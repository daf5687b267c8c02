"""All models of a server: what the configuration asks for, what the folders hold, who may use what.

Terms: see `source` (base path, aspired, skipped) and `version_life` (ready, lease).
    configuration: a `ModelServerConfig`; a new one replaces the whole list of models. A model that
        stays keeps its loaded versions, even if its base path changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.types import ModelSpec, StateName, VersionState
from tfx_pipeline.serving.versions.model_life import ModelLife
from tfx_pipeline.serving.versions.model_list import (
    check_transition,
    labelled_version,
    model_sources,
    resolve_version_labels,
)
from tfx_pipeline.serving.versions.source import ModelSource, PollError, poll
from tfx_pipeline.serving.versions.version_life import Load, VersionLife, Workshop, not_found

OnChange = Callable[[str, int, StateName], None]
"""Told of each change of a version: the model's name, the version, the state it is in now."""

_INITIAL_LOADS = min(4 * (os.cpu_count() or 1), 16)
_THREADS = 32  # made as they are needed: those that load, those that free, and the one that polls
_LOG = logging.getLogger(__name__)


class ServableManager:
    """Loads, offers and unloads the versions of models. All methods run on the event loop.

    Until there is a `ModelServerConfig` in force, `config` is none.
    """

    def __init__(
        self, load: Load, options: ServerOptions, on_change: Sequence[OnChange] = ()
    ) -> None:
        self.config: Any = None
        self.on_change = list(on_change)
        self._options = options
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="models")
        self._workshop = Workshop(
            load,
            attempts=max(options.max_num_load_retries, 0) + 1,
            retry_s=options.load_retry_interval_micros / 1e6,
            slots=asyncio.Semaphore(_INITIAL_LOADS),
            threads=self._threads,
            report=self._changed,
        )
        self._sources: dict[str, ModelSource] = {}
        self._version_labels: dict[str, dict[str, int]] = {}
        self._models: dict[str, ModelLife] = {}
        self._states: dict[str, dict[int, VersionState]] = {}
        self._change = asyncio.Event()  # set, and replaced, at each change
        self._poll_now = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        self._closing = False
        self._said: dict[str, object] = {}  # last warning about each model, to say it once

    async def start(self, config: Any) -> None:
        """Load every model of a configuration for the first time.

        It waits, for ever if need be, until each base path is there and holds a version.

        Raises:
            ServingError: the configuration cannot be used, or all versions of a model fail to load.
        """
        self._take(config)
        self._poller = asyncio.get_running_loop().create_task(self._poll_forever())
        await self._until_loaded(self._sources, "servable(s)")
        self._workshop.slots = asyncio.Semaphore(max(self._options.num_load_threads, 1))

    async def reload(self, config: Any, wait: bool = True) -> None:
        """Replace the configuration, and wait until each model that is new is loaded.

        Raises:
            ServingError: the configuration cannot be used, and the old one stays in force; or it is
                in force, and a new model fails to load, or is removed again before that.
        """
        old = set(self._sources)
        self._take(config)
        for name in old.difference(self._sources):
            self._models[name].aspire({})
        self._poll_now.set()
        if wait:
            await self._until_loaded(set(self._sources).difference(old), "model(s)")

    def lease(self, spec: ModelSpec) -> VersionLife:
        """Find the version that a request is for; `with` gives the `Servable`, and keeps it loaded.

        Raises ServingError if it is not available, or the version label is unknown.
        """
        model = self._models.get(spec.name)
        number = spec.version
        if number is None:
            if spec.version_label is not None:
                number = labelled_version(self._version_labels, spec.name, spec.version_label)
            elif model is not None and model.latest is not None:
                return model.latest
        version = model.available.get(number) if model is not None and number is not None else None
        if version is None:
            raise _not_available(spec.name, number)
        return version

    def states(self, name: str, version: int | None = None) -> list[VersionState]:
        """List the versions of a model, highest first; those that ended too.

        Raises ServingError if there was never such a model, or such a version.
        """
        states = self._states.get(name, {})
        if version is not None:
            if version not in states:
                raise ServingError(
                    Code.NOT_FOUND, f"Could not find version {version} of model {name}"
                )
            return [states[version]]
        if not states:
            raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {name}")
        return [states[number] for number in sorted(states, reverse=True)]

    async def close(self, grace_s: float | None = 10.0) -> None:
        """Unload everything, and wait for loads and leases, at most `grace_s`; none: for ever."""
        self._closing = True
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait({self._poller})
        self._sources = {}
        self._pulse()
        for model in self._models.values():
            model.aspire({})
        settled = asyncio.gather(*(model.settled() for model in self._models.values()))
        try:
            await asyncio.wait_for(settled, grace_s)
        except asyncio.TimeoutError:
            _LOG.warning("Models are still loading or in use after %s s; leaving them", grace_s)
            for model in self._models.values():
                model.abandon()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _take(self, config: Any) -> None:
        """Put a configuration into force, or raise and change nothing."""
        check_transition(self.config, config)
        if config.WhichOneof("config") is None:
            _LOG.info("Taking no action for empty config.")
            return
        version_labels = resolve_version_labels(
            config,
            self._version_labels,
            self._is_available,
            self._options.allow_version_labels_for_unavailable_models,
        )
        sources = model_sources(config)
        self.config, self._version_labels, self._sources = config, version_labels, sources
        for name in sources:
            _LOG.info("(Re-)adding model: %s", name)
            self._models.setdefault(name, ModelLife(name, self._workshop))

    def _is_available(self, name: str, version: int) -> bool:
        return name in self._models and version in self._models[name].available

    def _changed(self, name: str, state: VersionState) -> None:
        self._states.setdefault(name, {})[state.version] = state
        for tell in self.on_change:
            try:
                tell(name, state.version, state.state)
            except Exception:  # who watches must not stop what is watched
                _LOG.exception("telling of a change of %s failed", name)
        self._pulse()

    def _pulse(self) -> None:
        self._change.set()
        self._change = asyncio.Event()

    async def _until_loaded(self, names: Collection[str], what: str) -> None:
        while True:
            missing = [name for name in names if name not in self._sources]
            if missing:
                raise ServingError(
                    Code.ABORTED, f"No longer configured: {', '.join(sorted(missing))}"
                )
            stages = {name: self._models[name].first_load() for name in names}
            if StateName.LOADING not in stages.values():
                break
            await self._change.wait()
        failed = [name for name in sorted(names) if stages[name] is StateName.END]
        if failed:
            causes = "".join(f"{{{self._models[name].failure()}}}, " for name in failed)
            raise ServingError(
                Code.UNKNOWN, f"{len(failed)} {what} did not become available: {{{causes}}}"
            )

    async def _poll_forever(self) -> None:
        every_s = self._options.file_system_poll_wait_seconds
        while not self._closing:  # wait_for can lose a cancellation
            try:
                await self._poll()
            except Exception:  # the loop must outlive what nobody thought of
                _LOG.exception("polling the file system failed")
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._poll_now.wait(), every_s if every_s > 0 else None)
            self._poll_now.clear()

    async def _poll(self) -> None:
        sources = self._sources
        try:
            found = await self._workshop.in_thread(poll, list(sources.values()))
        except PollError as error:
            self._say_once("", f"file-system access error: {error}")
            return
        self._said.pop("", None)
        if self._sources is not sources:
            self._poll_now.set()  # the configuration was replaced meanwhile
            return
        for name, aspired in found.items():
            self._say_once(name, *aspired.warnings)
            self._models[name].aspire(aspired.versions)
        self._pulse()

    def _say_once(self, about: str, *warnings: str) -> None:
        if self._said.get(about, ()) != warnings:
            self._said[about] = warnings
            for warning in warnings:
                _LOG.warning("%s", warning)


def _not_available(name: str, version: int | None) -> ServingError:
    if not name:
        return invalid_argument("ModelSpec has no name specified.")
    return not_found(f"Latest({name})" if version is None else f"Specific({name}, {version})")
