"""One server, put together from its parts."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from tfx_pipeline.serving.batching.direct import DirectRunner
from tfx_pipeline.serving.batching.model_threads import ModelThreads
from tfx_pipeline.serving.batching.options import (
    BatchingOptions,
    batching_options,
    read_batching_parameters,
)
from tfx_pipeline.serving.batching.scheduler import BatchingRunner, BatchScheduler
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.config.protos import (
    new_message,
    read_message,
    read_model_config,
    read_session_config,
)
from tfx_pipeline.serving.config.watch import watch_config_file
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.grpc.server import GrpcServer, start_grpc
from tfx_pipeline.serving.http.server import HttpServer, start_http
from tfx_pipeline.serving.inference import methods as inference
from tfx_pipeline.serving.memory import (
    MemoryBudget,
    give_back_after_large,
    give_back_free_memory,
)
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.models.loading import load_model
from tfx_pipeline.serving.rest.app import RestApp
from tfx_pipeline.serving.types import Model, ModelRunner, Servable, StateName
from tfx_pipeline.serving.versions.manager import ServableManager
from tfx_pipeline.serving.versions.warmup import warm_up

GRACE_S = 30.0
"""How long calls in flight may take to end when the server stops."""

_PER_MODEL_BATCHING = "batching_params.pbtxt"
_LOG = logging.getLogger(__name__)


class ModelServer:
    """Models, and the ports at which they are asked. Make and use it on the event loop.

    Raises:
        ServingError: a file that the options name cannot be used.
    """

    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._metrics = Metrics()
        self._budget = MemoryBudget(processes=options.workers)
        _check_unused_files(options)
        self._loader = _Loader(options, self._metrics)
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
        if options.model_config_file and options.model_config_file_poll_wait_seconds > 0:
            self._begin(
                watch_config_file(
                    self._manager,
                    options.model_config_file,
                    options.model_config_file_poll_wait_seconds,
                )
            )
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


class _Loader:
    """Loads versions as the options say, in any thread."""

    def __init__(self, options: ServerOptions, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self._threads = ModelThreads(options.rest_api_num_threads, "model")
        self._batching = _batching(options)
        self._scheduler = (
            BatchScheduler(self._batching.num_batch_threads, metrics) if self._batching else None
        )
        self._settings = inference.Settings(options.enable_signature_method_name_check)
        self._session_config = (
            read_session_config(options.tensorflow_session_config_file)
            if options.tensorflow_session_config_file
            else None
        )

    def load(self, name: str, version: int, path: Path) -> Servable:
        """Load a version, and play its warm-up requests.

        Raises:
            ServingError: it does not load, or a warm-up request fails.
        """
        options = self._options
        intra_op = options.tensorflow_intra_op_parallelism
        inter_op = options.tensorflow_inter_op_parallelism
        if not intra_op and not inter_op:  # else it does not count, as in TensorFlow Serving
            intra_op = inter_op = options.tensorflow_session_parallelism
        model = load_model(
            path,
            options.saved_model_tags.split(","),
            options.prefer_tflite_model,
            intra_op=intra_op,
            inter_op=inter_op,
            session_config=self._session_config,
        )
        try:
            if options.enable_model_warmup:
                self._warm_up(model, path)
            return Servable(name, version, model, self._runner(model, path))
        except BaseException:
            model.close()
            raise

    def close(self) -> None:
        """Let the threads end."""
        self._threads.close()
        if self._scheduler:
            self._scheduler.close()

    def _warm_up(self, model: Model, path: Path) -> None:
        iterations = self._options.num_request_iterations_for_warmup
        try:
            played = warm_up(model, path, iterations, self._settings)
        except ServingError as error:
            self._metrics.warmup(str(path), str(error), 0, 0)
            raise
        if played:
            self._metrics.warmup(str(path), "OK", played.seconds, played.records)

    def _runner(self, model: Model, path: Path) -> ModelRunner:
        if self._scheduler is None:
            return DirectRunner(model, self._threads)
        batching = self._batching
        if self._options.enable_per_model_batching_parameters:
            own = path / _PER_MODEL_BATCHING
            batching = read_batching_parameters(str(own)) if own.is_file() else None
        return (
            BatchingRunner(model, batching, self._scheduler)
            if batching
            else DirectRunner(model, self._threads)
        )


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


def _batching(options: ServerOptions) -> BatchingOptions | None:
    if not options.enable_batching:
        return None
    if options.batching_parameters_file:
        return read_batching_parameters(options.batching_parameters_file)
    return batching_options(new_message("BatchingParameters"))


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
