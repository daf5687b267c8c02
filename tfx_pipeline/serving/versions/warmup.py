"""Warm-up: requests that a version answers before it is offered.

So no caller waits for what a model does at its first run. The requests lie in the version's folder,
where TensorFlow Serving reads them.

Terms:
    record: a serialized `PredictionLog` with one request; the file is a TFRecord of at most 1,000.

A record that fails makes the load fail, as in TensorFlow Serving (saved_model_warmup_util.cc
there). Records of session runs and of streams are refused, as it does: a model that served here
and not there would be no help.
"""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.serving import inference
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.models.model_files import MAX_RECORDS, WARMUP_FILE
from tfx_pipeline.serving.tensors.reading import decode
from tfx_pipeline.serving.types import Model, Servable

_Answer = Coroutine[Any, Any, Any]
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Warmup:
    """What was played: number of records, and the wall time of reading and running them."""

    records: int
    seconds: float


def warm_up(
    model: Model, folder: Path, iterations: int = 0, settings: inference.Settings | None = None
) -> Warmup | None:
    """Play the requests that lie in a loaded model's folder, each so often; it blocks.

    Returns none where there is no file of them. ServingError: a request fails, there are too many,
    or the file is no TFRecord of them.
    """
    path = folder / WARMUP_FILE
    if not path.exists():
        _LOG.info("No warmup data file found at %s", path)
        return None
    started = time.perf_counter()
    servable = Servable("", 0, model, _Blocking(model))
    records = 0
    for record in _records(path):
        log = _parsed(record, path)
        for _ in range(max(iterations, 1)):
            _play(log, servable, settings or inference.Settings())
        records += 1
        if records > MAX_RECORDS:
            raise invalid_argument(
                f"Number of warmup records exceeds the maximum ({MAX_RECORDS}) at {path}"
            )
    seconds = time.perf_counter() - started
    _LOG.info(
        "Finished reading warmup data for model at %s. Number of warmup records read: %d. "
        "Elapsed time (microseconds): %d.",
        path,
        records,
        seconds * 1e6,
    )
    return Warmup(records, seconds)


def _records(path: Path) -> Iterator[bytes]:
    """Read the records; a file that ends within the first header has none."""
    import tensorflow as tf

    # Its successor, tf.data, starts the eager runtime; only to say so is it wrapped.
    read = inspect.unwrap(tf.compat.v1.io.tf_record_iterator)
    try:
        yield from read(str(path))
    except tf.errors.DataLossError as error:
        raise ServingError(
            Code.DATA_LOSS,
            f"{error.message}. Please verify your warmup data is in TFRecord format.",
        ) from error
    except tf.errors.OpError as error:
        raise ServingError(Code.of_number(error.error_code), error.message) from error


def _parsed(record: bytes, path: Path) -> Any:
    from google.protobuf.message import DecodeError
    from tensorflow_serving.apis import prediction_log_pb2

    try:
        return prediction_log_pb2.PredictionLog.FromString(record)
    except DecodeError as error:
        shown = record.decode("utf-8", "replace")
        raise invalid_argument(f"Failed to parse warmup record: {shown} from {path}") from error


@dataclass(frozen=True)
class _Blocking:
    """A `ModelRunner` that never waits for the event loop: warm-up runs in a thread without one."""

    model: Model

    async def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        arrays = self.model.run(inputs, outputs, timeout_s)
        if (prepare := getattr(self.model, "prepare", None)) is not None:
            prepare(inputs, outputs)
        return arrays

    async def close(self) -> None:
        pass


def _play(log: Any, servable: Servable, settings: inference.Settings) -> None:
    """Run the request of a record; one without a request is passed over."""
    kind = log.WhichOneof("log_type")
    if kind in _ANSWERS:
        _finish(_ANSWERS[kind](servable, getattr(log, kind).request, settings))
    elif kind is not None:
        number = log.DESCRIPTOR.fields_by_name[kind].number
        raise ServingError(Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {number}")


def _predict(servable: Servable, request: Any, settings: inference.Settings) -> _Answer:
    inputs = {alias: _array(alias, tensor) for alias, tensor in request.inputs.items()}
    name, wanted = request.model_spec.signature_name, request.output_filter
    return inference.predict(servable, name, inputs, wanted, settings=settings)


def _classify(servable: Servable, request: Any, settings: inference.Settings) -> _Answer:
    name, examples = request.model_spec.signature_name, _examples(request.input)
    return inference.classify(servable, name, examples, settings=settings)


def _regress(servable: Servable, request: Any, settings: inference.Settings) -> _Answer:
    name, examples = request.model_spec.signature_name, _examples(request.input)
    return inference.regress(servable, name, examples, settings=settings)


def _multi(servable: Servable, request: Any, settings: inference.Settings) -> _Answer:
    tasks = [inference.InferenceTask.of(task) for task in request.tasks]
    return inference.multi(servable, tasks, _examples(request.input), settings=settings)


_ANSWERS: dict[str, Callable[[Servable, Any, inference.Settings], _Answer]] = {
    "predict_log": _predict,
    "classify_log": _classify,
    "regress_log": _regress,
    "multi_inference_log": _multi,
}


def _array(alias: str, tensor: Any) -> Any:
    try:
        return decode(tensor.SerializeToString())
    except (ValueError, MemoryError) as error:
        raise invalid_argument(f"tensor parsing error: {alias}") from error


def _examples(message: Any) -> list[bytes]:
    """List the serialized examples of an `Input`, each after the context, if there is one."""
    if message.HasField("example_list_with_context"):
        context = message.example_list_with_context.context.SerializeToString()
        with_context = message.example_list_with_context.examples
        return [context + example.SerializeToString() for example in with_context]
    return [example.SerializeToString() for example in message.example_list.examples]


def _finish(work: _Answer) -> None:
    """Run what waits for nothing to its end."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise AssertionError("warm-up waited for an event loop that is not there")
