"""The numbers that Prometheus reads."""

from __future__ import annotations

import asyncio
import json
import time
import timeit
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.parser import text_string_to_metric_families

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.metrics.families import (
    MOST_CELLS,
    CounterFamily,
    HistogramFamily,
    exponential,
)
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.metrics.share import MetricsShare


def lines(metrics: Metrics) -> list[str]:
    return metrics.render().decode().splitlines()


def test_request_count_of_a_success_is_the_line_of_the_contract() -> None:
    metrics = Metrics()
    metrics.observe_request("m", "predict", "REST", Code.OK, 0.001)
    assert "# TYPE :tensorflow:serving:request_count counter" in lines(metrics)
    assert ':tensorflow:serving:request_count{model_name="m",status="OK"} 1' in lines(metrics)


def test_request_latency_has_the_buckets_and_texts_of_tensorflow_serving() -> None:
    metrics = Metrics()
    metrics.observe_request("m", "predict", "REST", Code.OK, 100e-6)
    prefix = ":tensorflow:serving:request_latency"
    labels = 'model_name="m",API="predict",entrypoint="REST"'
    page = lines(metrics)
    buckets = [line for line in page if line.startswith(f"{prefix}_bucket")]
    assert len(buckets) == 34
    assert f'{prefix}_bucket{{{labels},le="58.32"}} 0' == buckets[3]
    assert f'{prefix}_bucket{{{labels},le="104.976"}} 1' == buckets[4]
    assert f'{prefix}_bucket{{{labels},le="1.47476e+09"}} 1' == buckets[32]
    assert f'{prefix}_bucket{{{labels},le="+Inf"}} 1' == buckets[33]
    assert f"{prefix}_sum{{{labels}}} 100" in page
    assert f"{prefix}_count{{{labels}}} 1" in page


def test_request_that_fails_is_counted_by_its_code_and_not_timed() -> None:
    metrics = Metrics()
    with pytest.raises(ServingError), metrics.request("m", "Predict", "GRPC"):
        raise ServingError(Code.NOT_FOUND, "no")
    page = lines(metrics)
    assert ':tensorflow:serving:request_count{model_name="m",status="NOT_FOUND"} 1' in page
    assert not [line for line in page if "request_latency" in line]


def test_request_context_of_a_success_records_its_time() -> None:
    metrics = Metrics()
    with metrics.request("m", "Predict", "GRPC"):
        pass
    labels = 'model_name="m",API="Predict",entrypoint="GRPC"'
    assert f":tensorflow:serving:request_latency_count{{{labels}}} 1" in lines(metrics)


def test_page_with_every_family_is_read_by_prometheus_own_parser() -> None:
    metrics = Metrics()
    metrics.observe_request('a"b\\c\nd', "predict", "REST", Code.OK, 0.5)
    metrics.runtime("m", "Predict", 0.25)
    metrics.examples("m", 3)
    metrics.warmup("/models/m/1", "OK", 1.5, 10)
    metrics.begun_batch("pool", [0.001], [3])
    metrics.processed_batch(4, 1)
    families = {
        each.name: each for each in text_string_to_metric_families(metrics.render().decode())
    }
    prefix = ":tensorflow:serving:"
    names = {name.removeprefix(prefix) for name in families if name.startswith(prefix)}
    assert names == {
        "request_count", "request_latency", "runtime_latency", "request_example_counts",
        "request_example_count", "model_warmup_latency", "model_warmup_records_read",
        "batching_session:queuing_latency", "batching_session:wrapped_run_count",
        "batching_session:input_batch_size", "batching_session:processed_batch_size",
        "batching_session:padding_size",
    }  # fmt: skip  # the parser takes `_total` off a counter's name
    assert families[f"{prefix}request_count"].samples[0].labels["model_name"] == 'a"b\\c\nd'
    [runtime] = [
        each for each in families[f"{prefix}runtime_latency"].samples if each.name.endswith("_sum")
    ]
    assert runtime.labels == {"model_name": "m", "API": "Predict", "runtime": "TF1"}
    assert runtime.value == 250_000
    assert families["process_resident_memory_bytes"].samples[0].value > 1e6


def test_histogram_value_at_a_limit_belongs_below_it() -> None:
    family = HistogramFamily("h", (), [1, 2])
    family.add((), 1)
    family.add((), 1.5)
    family.add((), 9)
    assert list(family.lines(family.cells())) == [
        "# TYPE h histogram",
        'h_bucket{le="1"} 1',
        'h_bucket{le="2"} 2',
        'h_bucket{le="+Inf"} 3',
        "h_sum{} 11.5",
        "h_count{} 3",
    ]


def test_counter_with_names_without_end_keeps_a_bounded_number_of_cells() -> None:
    family = CounterFamily("c", ("model_name",))
    for index in range(3 * MOST_CELLS):
        family.add((str(index),))
    cells = family.cells()
    assert len(cells) == MOST_CELLS + 1
    assert cells[("other",)] == 2 * MOST_CELLS


def test_counting_from_many_threads_loses_nothing() -> None:
    metrics = Metrics()

    def count() -> None:
        for _ in range(2000):
            metrics.observe_request("m", "predict", "REST", Code.OK, 0.001)

    with ThreadPoolExecutor(8) as threads:
        for counted in [threads.submit(count) for _ in range(8)]:
            counted.result()
    assert ':tensorflow:serving:request_count{model_name="m",status="OK"} 16000' in lines(metrics)


def test_observing_a_request_and_its_run_costs_no_more_than_in_prometheus_client() -> None:
    metrics = Metrics()
    registry = CollectorRegistry()
    count = Counter("count", "", ("model_name", "status"), registry=registry)
    limits = exponential(10, 1.8, 33)
    names = ("model_name", "API", "entrypoint")
    latency = Histogram("latency", "", names, buckets=limits, registry=registry)

    def observe() -> None:
        metrics.observe_request("m", "predict", "REST", Code.OK, 0.001)
        metrics.runtime("m", "Predict", 0.001)

    def observe_there() -> None:
        count.labels("m", "OK").inc()
        latency.labels("m", "predict", "REST").observe(1000)
        latency.labels("m", "Predict", "TF1").observe(1000)

    # The machine may be busy: one after the other, and the best of each.
    pairs = [
        (timeit.timeit(observe, number=500), timeit.timeit(observe_there, number=500))
        for _ in range(20)
    ]
    assert min(ours for ours, _ in pairs) < min(theirs for _, theirs in pairs)


async def test_page_of_one_of_several_workers_adds_what_the_others_counted(tmp_path: Path) -> None:
    mine = Metrics()
    share = MetricsShare(mine, tmp_path)
    mine.observe_request("m", "predict", "REST", Code.OK, 0.001)
    share.publish()
    # The file of another worker is what this one would have written.
    [file] = tmp_path.glob("*.json")
    other = json.loads(file.read_text())
    other[":tensorflow:serving:request_count"] = [[["m", "OK"], 5], [["n", "ABORTED"], 2]]
    (tmp_path / f"1{file.name}").write_text(json.dumps(other))
    mine.observe_request("m", "predict", "REST", Code.OK, 0.001)
    share.stop()
    found = lines(mine)
    assert ':tensorflow:serving:request_count{model_name="m",status="OK"} 7' in found
    assert ':tensorflow:serving:request_count{model_name="n",status="ABORTED"} 2' in found
    labels = 'model_name="m",API="predict",entrypoint="REST"'
    assert f":tensorflow:serving:request_latency_count{{{labels}}} 3" in found
    assert f":tensorflow:serving:request_latency_sum{{{labels}}} 3000" in found


async def test_share_publishes_by_itself_while_the_loop_runs(tmp_path: Path) -> None:
    metrics = Metrics()
    share = MetricsShare(metrics, tmp_path)
    metrics.runtime("m", "Predict", 0.001)
    deadline = time.monotonic() + 60
    while not any(
        "runtime" in text and '"m"' in text
        for text in [each.read_text() for each in tmp_path.glob("*.json")]
    ):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    share.stop()
