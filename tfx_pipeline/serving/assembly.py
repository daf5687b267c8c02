"""One server, put together from its parts."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from tfx_pipeline.patches.process_settings import give_back_free_memory
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.config.protos import read_message, read_model_config
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.grpc.server import GrpcServer, start_grpc
from tfx_pipeline.serving.http.server import HttpServer, start_http
from tfx_pipeline.serving.loader import VersionLoader
from tfx_pipeline.serving.memory import MemoryBudget, give_back_after_large
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.metrics.share import FOLDER_VARIABLE, MetricsShare
from tfx_pipeline.serving.rest.app import RestApp
from tfx_pipeline.serving.types import StateName
from tfx_pipeline.serving.versions.manager import ServableManager

GRACE_S = 30.0
"""How long calls in flight may take to end when the server stops."""

_LOG = logging.getLogger(__name__)


class ModelServer:
    """Models, and the ports at which they are asked. Make and use it on the event loop.

    ServingError: a file that the options name cannot be used.
    """

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._metrics = Metrics()
        self._budget = MemoryBudget(processes=options.workers)
        _check_unused_files(options)
        self._loader = VersionLoader(options, self._metrics)
        self._manager = ServableManager(self._loader.load, options, [_spare_the_collector])
        self._grpc: GrpcServer | None = None
        self._rest: HttpServer | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Load every model, then open the ports.

        Raises:
            ServingError: the configuration or a file of TLS cannot be used, a model does not load,
                or the port of gRPC is taken. One of REST that is taken is logged, as TensorFlow
                Serving does.
        """
        options = self._options
        config = _model_config(options)
        await self._manager.start(config)
        self._grpc = await start_grpc(self._manager, options, self._metrics, self._budget)
        if options.rest_api_port:
            await self._open_rest()
        poll_s = options.model_config_file_poll_wait_seconds
        if options.model_config_file and poll_s > 0:
            self._begin(watch_config_file(self._manager, options.model_config_file, poll_s))
        self._begin(give_back_after_large(self._budget))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def stop(self) -> None:
        """Close the ports, answer what is in flight, and free the models."""
        for task in self._tasks:
            task.cancel()
        ports = [port.stop(GRACE_S) for port in (self._rest, self._grpc) if port]
        await asyncio.gather(*ports)
        await self._manager.close()
        self._loader.close()

    async def _open_rest(self) -> None:
        options = self._options
        if options.rest_api_port == options.port:
            _LOG.error("--rest_api_port is that of gRPC: REST stays closed; choose another one")
            return
        app = RestApp(self._manager, options, self._metrics, self._budget)
        folder = os.environ.get(FOLDER_VARIABLE)
        if options.workers > 1 and folder:
            MetricsShare(self._metrics, Path(folder))
        try:
            self._rest = await start_http(app, options, self._budget)
        except ServingError as error:
            if error.code is not Code.UNAVAILABLE:  # it is not the port
                raise
            _LOG.error("%s. REST stays closed", error.message)
        else:
            _LOG.info("Exporting HTTP/REST API at:%s:%d ...", options.bind_address, self._rest.port)


def _spare_the_collector(_name: str, _version: int, state: StateName) -> None:
    """Keep the garbage collector, which requests set going, from walking through TensorFlow.

    That would take most of the time of a large request. What a version leaves behind is collected
    when it has ended.
    """
    if state is StateName.AVAILABLE:
        gc.freeze()
    if state is StateName.END:
        # Later, when whoever has let the version go has forgotten it.
        asyncio.get_running_loop().call_soon(_collect)


def _collect() -> None:
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    # What a large heap gives back takes milliseconds, which are not the requests'.
    asyncio.get_running_loop().run_in_executor(None, give_back_free_memory)


async def watch_config_file(manager: ServableManager, path: str, poll_s: float) -> None:
    """Read the file again and again, and bring what changed into force, until cancelled.

    A file that cannot be read or used is logged, and what is in force stays. It is tried at each
    poll: a version label may be refused only until its version has loaded.
    """
    said = ""
    while True:
        await asyncio.sleep(poll_s)
        try:
            config = await asyncio.to_thread(read_model_config, path)
            if config != manager.config:
                await manager.reload(config, wait=False)
            said = ""
        except ServingError as error:
            if str(error) != said:
                said = str(error)
                _LOG.error("%s is not put into force: %s", path, said)


def _check_unused_files(options: ServerOptions) -> None:
    """Refuse files that TensorFlow Serving would refuse; say that nothing else comes of them."""
    for flag, message in (
        ("platform_config_file", "PlatformConfigMap"),
        ("thread_pool_factory_config_file", "ThreadPoolFactoryConfig"),
    ):
        path = getattr(options, flag)
        if path:
            read_message(message, path)
            _LOG.warning("--%s=%s is well-formed, and not used: the other flags count", flag, path)


def _model_config(options: ServerOptions) -> Any:
    if options.model_config_file:
        return read_model_config(options.model_config_file)
    from tensorflow_serving.config import model_server_config_pb2

    config = model_server_config_pb2.ModelServerConfig()
    config.model_config_list.config.add(
        name=options.model_name,
        base_path=options.model_base_path,
        model_platform="tensorflow",
    )
    return config
