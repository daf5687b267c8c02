"""What the server counts, by TensorFlow Serving's names, and the page that Prometheus reads.

Terms:
    api: `predict`, `classify` or `regress` of a REST request, `Predict` and so on of gRPC; empty
        for status and metadata.
    entrypoint: `REST` or `GRPC`.

Times are given in seconds and written in microseconds. All methods are safe from any thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.metrics.families import (
    REST_OF_CELLS,
    Cells,
    CounterFamily,
    HistogramFamily,
    exponential,
)

_PREFIX = ":tensorflow:serving:"
_BATCHING = f"{_PREFIX}batching_session:"
_LATENCY_LIMITS = exponential(10, 1.8, 33)
_MICROSECONDS = 1e6
_AT_ONCE = 256
# Callers choose the model's name of a request that fails. A few of them are kept, and short ones.
_MOST_STRANGERS = 100
_MOST_NAME = 128  # letters

Snapshot = Mapping[str, Cells]
"""Cells of each family, by its name."""


class Metrics:
    """All families of the server, and one method for each thing that happens."""

    def __init__(self) -> None:
        self._request_count = CounterFamily(f"{_PREFIX}request_count", ("model_name", "status"))
        self._request_latency = _latency("request_latency", "model_name", "API", "entrypoint")
        self._runtime_latency = _latency("runtime_latency", "model_name", "API", "runtime")
        self._example_counts = HistogramFamily(
            f"{_PREFIX}request_example_counts", ("model",), exponential(1, 2, 15)
        )
        self._example_total = CounterFamily(f"{_PREFIX}request_example_count_total", ("model",))
        self._warmup_latency = _latency("model_warmup_latency", "model_path", "status")
        self._warmup_records = CounterFamily(
            f"{_PREFIX}model_warmup_records_read", ("model_path", "status")
        )
        self._queuing = HistogramFamily(
            f"{_BATCHING}queuing_latency", ("thread_pool_name",), exponential(100, 1.2, 52)
        )
        self._runs = CounterFamily(f"{_BATCHING}wrapped_run_count")
        sizes = exponential(1, 2, 14)
        self._input_size = HistogramFamily(f"{_BATCHING}input_batch_size", (), sizes)
        self._processed_size = HistogramFamily(f"{_BATCHING}processed_batch_size", (), sizes)
        self._padding = HistogramFamily(
            f"{_BATCHING}padding_size", ("execution_batch_size",), sizes
        )
        self._models = {""}  # that have answered
        self._strangers: set[str] = set()
        self._predicted: list[tuple[str, float, float]] = []
        self.other_workers: Callable[[], list[Snapshot]] | None = None
        """Gives what the other processes of this server counted; none: it is the only one."""

    def request(self, model: str, api: str, entrypoint: str) -> _Request:
        """Return a context that counts one request, failed if it ends in an error."""
        return _Request(self, model, api, entrypoint)

    def observe_request(
        self, model: str, api: str, entrypoint: str, code: Code, seconds: float
    ) -> None:
        """Count a request that has ended; the time of one that failed is not recorded."""
        if code is Code.OK:
            self._models.add(model)
            self._request_latency.add((model, api, entrypoint), seconds * _MICROSECONDS)
        elif model not in self._models:
            model = self._stranger(model)
        self._request_count.add((model, code.name))

    def _stranger(self, model: str) -> str:
        """Return what a model is counted by that has not answered yet, if there is one."""
        if model not in self._strangers:
            if len(model) > _MOST_NAME or len(self._strangers) >= _MOST_STRANGERS:
                return REST_OF_CELLS
            self._strangers.add(model)
        return model

    def predicted(self, model: str, seconds: float, run_s: float) -> None:
        """Count a REST prediction that succeeded, and record its run; with others, at a fifth."""
        self._predicted.append((model, seconds, run_s))
        if len(self._predicted) >= _AT_ONCE:
            self._count_predicted()

    def _count_predicted(self) -> None:
        count = len(self._predicted)
        taken = self._predicted[:count]
        del self._predicted[:count]
        for model in {each[0] for each in taken}:
            times = [(s, run_s) for name, s, run_s in taken if name == model]
            micros = [
                [each * _MICROSECONDS for each in column] for column in zip(*times, strict=True)
            ]
            self._models.add(model)
            self._request_count.add((model, Code.OK.name), len(times))
            self._request_latency.add_all((model, "predict", "REST"), micros[0])
            self._runtime_latency.add_all((model, "Predict", "TF1"), micros[1])

    def runtime(self, model: str, api: str, seconds: float) -> None:
        """Record a run of the graph; `api` is `Predict`, `Classify` or `Regress`."""
        self._runtime_latency.add((model, api, "TF1"), seconds * _MICROSECONDS)

    def examples(self, model: str, count: int) -> None:
        """Count the examples of a multi-inference; the other requests' are not counted."""
        self._example_counts.add((model,), count)
        self._example_total.add((model,), count)

    def warmup(self, model_path: str, status: str, seconds: float, records: int) -> None:
        """Record that warm-up requests were replayed; `status` is `OK` or the error's text."""
        self._warmup_latency.add((model_path, status), seconds * _MICROSECONDS)
        self._warmup_records.add((model_path, status), records)

    def begun_batch(
        self, thread_pool_name: str, waited_s: Sequence[float], rows: Sequence[int]
    ) -> None:
        """Record how long the requests of a batch waited for it, and their rows."""
        self._queuing.add_all((thread_pool_name,), [each * _MICROSECONDS for each in waited_s])
        self._input_size.add_all((), rows)

    def processed_batch(self, rows: int, padding: int) -> None:
        """Record a run of a batch: its rows, padding included, and how many are padding."""
        self._runs.add(())
        self._processed_size.add((), rows)
        self._padding.add((str(rows),), padding)

    def snapshot(self) -> Snapshot:
        """Copy all that was counted in this process."""
        self._count_predicted()
        return {family.name: family.cells() for family in self._families()}

    def render(self) -> bytes:
        """Write the page: this server's families, then those of the process."""
        own = self.snapshot()
        others = self.other_workers() if self.other_workers else []
        lines: list[str] = []
        for family in self._families():
            cells = dict(own[family.name])
            for other in others:
                for values, cell in other.get(family.name, {}).items():
                    cells[values] = family.sum_of(cells[values], cell) if values in cells else cell
            if cells:
                lines += family.lines(cells)
        page = ("\n".join(lines) + "\n").encode("utf-8", "replace")
        # One process of several says nothing about the server's memory.
        return page if others else page + _process_page()

    def _families(self) -> list[CounterFamily | HistogramFamily]:
        kinds = CounterFamily | HistogramFamily
        found = [family for family in vars(self).values() if isinstance(family, kinds)]
        return sorted(found, key=lambda family: family.name)


class _Request:
    def __init__(self, metrics: Metrics, model: str, api: str, entrypoint: str) -> None:
        self._metrics = metrics
        self._labels = (model, api, entrypoint)

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        seconds = time.perf_counter() - self._started
        self._metrics.observe_request(*self._labels, code_of(error), seconds)


def code_of(error: BaseException | None) -> Code:
    """Return the code that an error is counted by; OK for none."""
    if error is None:
        return Code.OK
    if isinstance(error, ServingError):
        return error.code
    return Code.INTERNAL if isinstance(error, Exception) else Code.CANCELLED


def _latency(name: str, *labels: str) -> HistogramFamily:
    return HistogramFamily(_PREFIX + name, labels, _LATENCY_LIMITS)


def _process_page() -> bytes:
    # Made here and not at import: the default registry of the library collects at import already.
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return generate_latest(registry)
