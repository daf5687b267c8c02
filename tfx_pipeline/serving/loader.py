"""Loading a version's folder as the options say: the model, its warm-up, and what runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.serving import inference
from tfx_pipeline.serving.batching.direct import DirectRunner, ModelThreads
from tfx_pipeline.serving.batching.options import BatchingOptions, read_batching_parameters
from tfx_pipeline.serving.batching.scheduler import BatchingRunner, BatchScheduler
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.config.protos import read_session_config
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.models.model_files import BATCHING_FILE, TFLITE_FILE
from tfx_pipeline.serving.types import Model, ModelRunner, Servable
from tfx_pipeline.serving.versions.warmup import warm_up


class VersionLoader:
    """Loads versions as the options say, in any thread."""

    def __init__(self, options: ServerOptions, metrics: Metrics) -> None:
        self._options = options
        self._metrics = metrics
        self._threads = ModelThreads(options.rest_api_num_threads, "model")
        self._batching: BatchingOptions | None = None
        if options.enable_batching:
            file = options.batching_parameters_file
            self._batching = read_batching_parameters(file) if file else BatchingOptions()
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
        """Load a version, and play its warm-up requests; ServingError if either fails."""
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
            own = path / BATCHING_FILE
            batching = read_batching_parameters(str(own)) if own.is_file() else None
        return (
            BatchingRunner(model, batching, self._scheduler)
            if batching
            else DirectRunner(model, self._threads)
        )


def load_model(
    path: Path,
    tags: Sequence[str] = (),
    prefer_tflite: bool = False,
    *,
    intra_op: int = 0,
    inter_op: int = 0,
    session_config: Any = None,
) -> Model:
    """Load a version; this takes seconds, and the folder is not needed afterwards.

    Args:
        path: the version's folder.
        tags: of the SavedModel's graph; none: `serve`.
        prefer_tflite: take `model.tflite` where there is one.
        intra_op: threads of one operation; 0: TensorFlow chooses.
        inter_op: operations at the same time.
        session_config: `ConfigProto` with what else a session should be; none: nothing.

    Raises:
        ServingError: with TensorFlow's code and text.
    """
    if prefer_tflite and (path / TFLITE_FILE).is_file():
        from tfx_pipeline.serving.models.tflite_model import load_tflite_model

        return load_tflite_model(path / TFLITE_FILE, threads=intra_op)
    from tfx_pipeline.serving.models.saved_model import load_saved_model

    return load_saved_model(path, tags, intra_op, inter_op, session_config)
