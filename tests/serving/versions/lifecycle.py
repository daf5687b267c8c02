"""What the tests of the manager share: models without TensorFlow, and folders of versions."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import ModelSpec, Servable
from tfx_pipeline.serving.versions.manager import ServableManager

FAST = {
    "file_system_poll_wait_seconds": 0.01,
    "load_retry_interval_micros": 5_000,
    "max_num_load_retries": 1,
}
LATEST = ModelSpec("m")
ALL = "model_version_policy { all {} }"


class FakeModel:
    """Knows whether it was freed, and how: by a runner that was closed before, in a thread."""

    def __init__(self) -> None:
        self.freed: list[str] = []

    async def run(self, inputs: Any, outputs: Any, timeout_s: float | None = None) -> list[Any]:
        assert not self.freed, "run after it was freed"
        return [inputs]

    async def close_runner(self) -> None:
        self.freed.append("runner")

    def close(self) -> None:
        assert threading.current_thread() is not threading.main_thread()
        self.freed.append("model")


class _Runner:
    def __init__(self, model: FakeModel) -> None:
        self.run, self.close = model.run, model.close_runner


class Loads:
    """Stands in for the loading of models; a version's folder needs a file `model` to load.

    Attributes:
        calls: the (name, version) of each attempt.
        models: by (name, version), the last one that was loaded.
        gates: a load of that version waits for its event.
        most: the greatest number of loads at the same time.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, int]] = []
        self.models: dict[tuple[str, int], FakeModel] = {}
        self.gates: dict[int, threading.Event] = {}
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def __call__(self, name: str, version: int, path: Path) -> Servable:
        with self._lock:
            self.calls.append((name, version))
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            if version in self.gates:
                assert self.gates[version].wait(120)
            if not (path / "model").exists():
                raise ServingError(Code.NOT_FOUND, f"no model at {path}")
            if (path / "model").read_text() == "strange":
                raise ZeroDivisionError("strange")
        finally:
            with self._lock:
                self._now -= 1
        model = self.models[name, version] = FakeModel()
        return Servable(name, version, model, _Runner(model))


def add_version(base: Path, *names: str | int, text: str = "fine") -> Path:
    """Write versions aside, and rename them into place."""
    base.mkdir(parents=True, exist_ok=True)
    for name in names:
        aside = base / f"{name}.aside"
        aside.mkdir()
        (aside / "model").write_text(text)
        aside.rename(base / str(name))
    return base


def config_of(*models: str) -> Any:
    """Make a `ModelServerConfig` of models: `name=path`, or `name=path more fields`."""
    entries = []
    for model in models:
        name, _, rest = model.partition("=")
        path, _, more = rest.partition(" ")
        own = "model_platform" in more or "model_type" in more
        platform = "" if own else 'model_platform: "tensorflow"'
        entries.append(f'config {{ name: "{name}" base_path: "{path}" {platform} {more} }}')
    return server_config(f"model_config_list {{ {' '.join(entries)} }}")


def server_config(text: str) -> Any:
    """Read a `ModelServerConfig`."""
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())


@contextlib.asynccontextmanager
async def managing(loads: Any, config: Any = None, **flags: Any) -> AsyncIterator[ServableManager]:
    """Make a manager, start it with the configuration if there is one, and close it."""
    manager = ServableManager(loads, ServerOptions(**{**FAST, **flags}))
    try:
        if config is not None:
            await asyncio.wait_for(manager.start(config), 60)
        yield manager
    finally:
        await asyncio.wait_for(manager.close(), 60)


async def until(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    """Wait until it holds."""

    async def holds() -> None:
        while not condition():
            await asyncio.sleep(0.002)

    await asyncio.wait_for(holds(), timeout_s)


def states(manager: ServableManager, name: str = "m") -> dict[int, str]:
    """Return the state of each version."""
    return {each.version: each.state.name for each in manager.states(name)}


def served(manager: ServableManager, spec: ModelSpec) -> int | str:
    """Return the version that answers a request, or the error."""
    try:
        with manager.lease(spec) as servable:
            return servable.version
    except ServingError as error:
        return str(error)


def version(number: int) -> ModelSpec:
    """Ask for this version of `m`."""
    return ModelSpec("m", version=number)
