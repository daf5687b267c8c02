from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.serving.fakes import refusal
from tfx_pipeline.serving.batching.options import BatchingOptions, read_batching_parameters
from tfx_pipeline.serving.batching.scheduler import BatchingRunner, BatchScheduler
from tfx_pipeline.serving.errors import Code, ServingError


class Counter:
    """Gives `y` = 2 x and `z` = -x; waits for `gate`; notes the `x` of each run.

    `begun` is set once a thread runs it.
    """

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.batches: list[Any] = []
        self.timeouts: list[float | None] = []
        self.error: Exception | None = None

    def run(self, inputs: Any, outputs: Any, timeout_s: Any = None) -> list[Any]:
        self.begun.set()
        assert self.gate.wait(60)
        self.batches.append(inputs["x"])
        self.timeouts.append(timeout_s)
        if self.error is not None:
            raise self.error
        made = {"y": inputs["x"] * 2, "z": -inputs["x"]}
        return [made[name] for name in outputs]

    def sizes(self) -> list[int]:
        return [len(each) for each in self.batches]


class Seen:
    """Notes what an observer is told."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.inputs: list[int] = []
        self.runs: list[tuple[int, int]] = []

    def begun_batch(
        self, thread_pool_name: str, waited_s: Sequence[float], rows: Sequence[int]
    ) -> None:
        assert thread_pool_name == ""
        self.waits.extend(waited_s)
        self.inputs.extend(rows)

    def processed_batch(self, rows: int, padding: int) -> None:
        self.runs.append((rows, padding))


def rows(*values: float) -> dict[str, Any]:
    return {"x": np.array(values, np.float32)}


def with_runner(
    model: Any,
    ask: Callable[[BatchingRunner], Awaitable[Any]],
    threads: int = 1,
    observer: Seen | None = None,
    **options: Any,
) -> Any:
    async def main() -> Any:
        scheduler = BatchScheduler(threads, observer)
        runner = BatchingRunner(model, BatchingOptions(**options), scheduler)
        try:
            return await asyncio.wait_for(ask(runner), 60)
        finally:
            model.gate.set()
            await asyncio.wait_for(runner.close(), 60)
            scheduler.close()

    return asyncio.run(main())


async def until_begun(model: Counter) -> None:
    """Wait until a thread has taken what there was."""
    while not model.begun.is_set():
        await asyncio.sleep(0.001)


def behind_a_closed_gate(model: Counter, *calls: Mapping[str, Any], **options: Any) -> list[Any]:
    """Send `calls` while the only thread is busy with a request of its own."""

    async def ask(runner: BatchingRunner) -> list[Any]:
        model.gate.clear()
        first = asyncio.ensure_future(runner.run(rows(0), ["y"]))
        await until_begun(model)
        pending = [asyncio.ensure_future(runner.run(each, ["y"])) for each in calls]
        await asyncio.sleep(0.05)
        model.gate.set()
        results = await asyncio.gather(*pending, return_exceptions=True)
        await first
        return results

    return with_runner(model, ask, **options)


def test_run_of_64_requests_at_once_gives_each_its_rows_in_one_run() -> None:
    model, seen = Counter(), Seen()

    async def ask(runner: BatchingRunner) -> list[Any]:
        return await asyncio.gather(*(runner.run(rows(v, v + 100), ["y"]) for v in range(64)))

    made = with_runner(model, ask, observer=seen)
    assert [each[0].tolist() for each in made] == [[2 * v, 2 * v + 200] for v in range(64)]
    assert model.sizes() == [128]
    assert seen.runs == [(128, 0)] and seen.inputs == [2] * 64 and len(seen.waits) == 64


def test_run_gives_outputs_in_each_requests_order() -> None:
    model = Counter()

    async def ask(runner: BatchingRunner) -> list[Any]:
        orders = (["y", "z"], ["z", "y"], ["z", "z"])
        return await asyncio.gather(*(runner.run(rows(1), order) for order in orders))

    first, second, third = with_runner(model, ask)
    assert [float(each[0]) for each in first] == [2, -1]
    assert [float(each[0]) for each in second] == [-1, 2]
    assert [float(each[0]) for each in third] == [-1, -1]
    assert sorted(model.sizes()) == [1, 2]  # other outputs are another queue


def test_run_while_threads_are_busy_fills_batches_up_to_the_largest() -> None:
    model = Counter()
    made = behind_a_closed_gate(model, *(rows(v) for v in range(10)), max_batch_size=4)
    assert [float(each[0][0]) for each in made] == [2 * v for v in range(10)]
    assert model.sizes() == [1, 4, 4, 2]


def test_run_with_allowed_sizes_is_filled_up_with_a_row_of_the_last_request() -> None:
    model, seen = Counter(), Seen()
    made = behind_a_closed_gate(
        model, rows(1, 2), rows(3), observer=seen, max_batch_size=8, allowed_batch_sizes=(1, 4, 8)
    )
    assert [each[0].tolist() for each in made] == [[2, 4], [6]]
    assert model.batches[1].tolist() == [1, 2, 3, 3]
    assert seen.runs == [(1, 0), (4, 1)]


def test_run_of_other_shapes_or_types_is_not_mixed() -> None:
    model = Counter()
    wide = {"x": np.ones((1, 3), np.float32)}
    whole = {"x": np.array([7])}
    made = behind_a_closed_gate(model, rows(1), wide, whole, rows(2), wide)
    assert [each[0].shape for each in made] == [(1,), (1, 3), (1,), (1,), (1, 3)]
    assert made[2][0].dtype == np.int64
    assert sorted(model.sizes()) == [1, 1, 2, 2]


def test_run_with_variable_lengths_pads_each_with_its_first_element() -> None:
    model = Counter()
    short = {"x": np.array([[5, 6]], np.float32)}
    long = {"x": np.array([[1, 2, 3], [4, 5, 6]], np.float32)}
    made = behind_a_closed_gate(model, short, long, pad_variable_length_inputs=True)
    assert model.batches[1].tolist() == [[5, 6, 5], [1, 2, 3], [4, 5, 6]]
    assert made[0][0].tolist() == [[10, 12, 10]]


def test_run_with_a_timeout_of_batches_waits_for_more_and_no_longer() -> None:
    model = Counter()

    async def ask(runner: BatchingRunner) -> float:
        started = time.monotonic()
        first = asyncio.ensure_future(runner.run(rows(1), ["y"]))
        await asyncio.sleep(0.02)
        second = await runner.run(rows(2), ["y"])
        assert (float((await first)[0][0]), float(second[0][0])) == (2, 4)
        return time.monotonic() - started

    seconds = with_runner(model, ask, batch_timeout_micros=1_000_000)
    assert model.sizes() == [2]
    assert 0.9 < seconds < 30


def test_run_of_a_full_batch_does_not_wait() -> None:
    model = Counter()

    async def ask(runner: BatchingRunner) -> None:
        await asyncio.gather(*(runner.run(rows(v), ["y"]) for v in range(4)))

    with_runner(model, ask, max_batch_size=2, batch_timeout_micros=3_600_000_000)
    assert model.sizes() == [2, 2]


def test_run_with_a_full_queue_is_unavailable_and_the_rest_is_answered() -> None:
    model = Counter()
    made = behind_a_closed_gate(
        model, *(rows(v) for v in range(5)), max_batch_size=2, max_enqueued_batches=2
    )
    assert [float(each[0][0]) for each in made[:4]] == [0, 2, 4, 6]
    assert made[4].code is Code.UNAVAILABLE
    assert made[4].message == (
        "The batch scheduling queue to which this task was submitted is full; currently 2 batches"
        " enqueued and max_enqueued_batches is 2"
    )


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (rows(*range(9)), "Task size 9 is larger than maximum input batch size 8"),
        ({"x": np.float32(1)}, "Batching Run() input tensors must have at least one dimension"),
        (
            {"x": np.zeros(2), "w": np.zeros(3)},
            "Batching Run() input tensors must have equal 0th-dimension size",
        ),
        ({}, "Batching Run() must have at least one input tensor"),
    ],
)
def test_run_of_what_is_no_part_of_a_batch_is_refused(inputs: Any, message: str) -> None:
    assert refusal(
        with_runner, Counter(), lambda runner: runner.run(inputs, ["y"]), max_batch_size=8
    ) == (Code.INVALID_ARGUMENT, message)


def test_run_of_a_large_request_is_split_and_joined_again() -> None:
    model = Counter()
    options = {"max_batch_size": 16, "max_execution_batch_size": 4}
    calls = (rows(100), rows(*range(9)), rows(200))
    made = behind_a_closed_gate(model, *calls, enable_large_batch_splitting=True, **options)
    assert [each[0].tolist() for each in made] == [[200], [2 * v for v in range(9)], [400]]
    assert model.sizes() == [1, 4, 4, 3]


def test_run_of_a_batch_that_fails_fails_each_of_its_requests() -> None:
    model = Counter()
    model.error = ServingError(Code.INVALID_ARGUMENT, "bad row")

    async def ask(runner: BatchingRunner) -> list[Any]:
        calls = [runner.run(rows(v), ["y"]) for v in range(3)]
        return await asyncio.gather(*calls, return_exceptions=True)

    made = with_runner(model, ask)
    assert [str(each) for each in made] == ["INVALID_ARGUMENT: bad row"] * 3
    assert len({id(each) for each in made}) == 3
    assert model.sizes() == [3]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((), "Batched output tensor has 0 dimensions"),
        (
            (5,),
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension"
            " sizes of the input tensors",
        ),
    ],
)
def test_run_with_outputs_of_other_rows_fails(shape: tuple[int, ...], message: str) -> None:
    class Fixed(Counter):
        def run(self, *_: Any) -> list[Any]:
            return [np.zeros(shape)]

    assert refusal(with_runner, Fixed(), lambda runner: runner.run(rows(1), ["y"])) == (
        Code.FAILED_PRECONDITION,
        message,
    )


def test_run_that_is_cancelled_in_the_queue_does_not_run() -> None:
    model = Counter()

    async def ask(runner: BatchingRunner) -> Any:
        model.gate.clear()
        first = asyncio.ensure_future(runner.run(rows(0), ["y"]))
        await until_begun(model)
        calls = [asyncio.ensure_future(runner.run(rows(v), ["y"])) for v in (1, 2, 3)]
        await asyncio.sleep(0.02)
        calls[1].cancel()
        model.gate.set()
        return await asyncio.gather(first, *calls, return_exceptions=True)

    made = with_runner(model, ask)
    assert isinstance(made[2], asyncio.CancelledError)
    assert [float(made[index][0][0]) for index in (0, 1, 3)] == [0, 2, 6]
    assert model.batches[1].tolist() == [1, 3]


def test_run_past_its_time_in_the_queue_fails_as_in_tensorflow_serving() -> None:
    model = Counter()

    async def ask(runner: BatchingRunner) -> Any:
        model.gate.clear()
        first = asyncio.ensure_future(runner.run(rows(0), ["y"], 300.0))
        await until_begun(model)
        late = asyncio.ensure_future(runner.run(rows(1), ["y"], 0.01))
        await asyncio.sleep(0.05)
        model.gate.set()
        await first
        return await late

    assert refusal(with_runner, model, ask) == (
        Code.RESOURCE_EXHAUSTED,
        "Run() timeout exceeded while waiting in batching queue",
    )
    (left,) = model.timeouts
    assert left is not None and 200 < left <= 300


async def test_close_answers_what_is_queued_at_once() -> None:
    model = Counter()
    options = BatchingOptions(batch_timeout_micros=60_000_000)
    runner = BatchingRunner(model, options, BatchScheduler(1))
    calls = [asyncio.ensure_future(runner.run(rows(v), ["y"])) for v in range(3)]
    await asyncio.sleep(0)
    await asyncio.wait_for(runner.close(), 30)
    assert [float(each[0][0]) for each in await asyncio.gather(*calls)] == [0, 2, 4]
    assert model.sizes() == [3]


async def test_scheduler_of_two_models_takes_them_in_turns() -> None:
    order: list[str] = []

    class Named(Counter):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def run(self, *arguments: Any) -> list[Any]:
            order.append(self.name)
            return super().run(*arguments)

    scheduler, options = BatchScheduler(1), BatchingOptions(max_batch_size=1)
    models = (Named("first"), Named("second"))
    runners = [BatchingRunner(model, options, scheduler) for model in models]
    await asyncio.gather(*(r.run(rows(v), ["y"]) for r in runners for v in range(3)))
    assert order == ["first", "second"] * 3


def test_run_of_a_quick_request_alone_stays_on_the_loop() -> None:
    class Quick(Counter):
        def run(self, *arguments: Any) -> list[Any]:
            self.thread = threading.get_ident()
            return super().run(*arguments)

        def is_quick(self, *_: Any) -> bool:
            return True

    model = Quick()
    made = with_runner(model, lambda runner: runner.run(rows(3), ["y"]))
    assert made[0].tolist() == [6]
    assert model.thread == threading.get_ident()


@pytest.mark.slow
def test_run_of_a_real_model_keeps_each_requests_rows(half_plus_two: Path) -> None:
    from tfx_pipeline.serving.models.saved_model import load_saved_model

    model = load_saved_model(half_plus_two)
    model.gate = threading.Event()  # type: ignore[attr-defined]
    name = model.signatures["serving_default"].outputs["y"].name

    async def ask(runner: BatchingRunner) -> None:
        async def client(number: int) -> None:
            for turn in range(20):
                x = np.full(1 + (number + turn) % 3, number, np.float32)
                (y,) = await runner.run({"serving_default_x:0": x}, [name], 30.0)
                assert y.tolist() == [number / 2 + 2] * len(x)

        await asyncio.gather(*(client(number) for number in range(64)))

    with_runner(model, ask, threads=2, max_batch_size=32, max_enqueued_batches=100)


def read(tmp_path: Path, text: str) -> BatchingOptions:
    (tmp_path / "batching.txt").write_text(text)
    return read_batching_parameters(str(tmp_path / "batching.txt"))


def test_read_batching_parameters_without_values_has_tensorflow_servings(tmp_path: Path) -> None:
    options = read(tmp_path, "num_batch_threads { value: 3 }")
    assert options == BatchingOptions(1000, 0, 10, 3, (), False, False, 1000)
    assert options.largest_batch == 1000


def test_read_batching_parameters_reads_every_field(tmp_path: Path) -> None:
    options = read(
        tmp_path,
        "max_batch_size { value: 8 } batch_timeout_micros { value: 500 }"
        " max_enqueued_batches { value: 7 } num_batch_threads { value: 2 }"
        " allowed_batch_sizes: 2 allowed_batch_sizes: 8 pad_variable_length_inputs: true"
        " enable_large_batch_splitting { value: true } max_execution_batch_size { value: 4 }",
    )
    assert options == BatchingOptions(8, 500, 7, 2, (2, 8), True, True, 4)
    assert options.largest_batch == 4
    assert [options.allowed_size(rows) for rows in (1, 2, 3, 8)] == [2, 2, 8, 8]


BROKEN_RULES = [
    ("num_batch_threads { value: 0 }", "num_batch_threads must be positive; was 0"),
    (
        "max_batch_size { value: 8 } allowed_batch_sizes: 4",
        "Last entry in allowed_batch_sizes must match max_batch_size; last entry was 4; expected 8",
    ),
    (
        "max_batch_size { value: 8 } allowed_batch_sizes: [4, 2, 8]",
        "allowed_batch_sizes entries must be monotonically increasing",
    ),
    ("batch_timeout_micros { value: -1 }", "batch_timeout_micros must be non-negative; was -1"),
    ("max_batch_size { value: 0 }", "input_batch_size_limit must be positive; was 0"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN_RULES)
def test_read_batching_parameters_that_break_a_rule_says_which(
    tmp_path: Path, text: str, message: str
) -> None:
    assert refusal(read, tmp_path, text) == (Code.INVALID_ARGUMENT, message)
