from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from tfx_pipeline.serving.batching.direct import DirectRunner, ModelThreads
from tfx_pipeline.serving.errors import Code, ServingError


class Doubler:
    """Gives twice `x`, after `seconds`; notes the threads that it ran in."""

    def __init__(self, seconds: float = 0, quick: bool = False) -> None:
        self.seconds = seconds
        self.quick = quick
        self.threads: list[int] = []
        self.timeouts: list[float | None] = []

    def run(self, inputs: Any, outputs: Any, timeout_s: Any = None) -> list[Any]:
        self.threads.append(threading.get_ident())
        self.timeouts.append(timeout_s)
        time.sleep(self.seconds)
        return [inputs["x"] * 2 for _ in outputs]

    def run_if_quick(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> list[Any] | None:
        return self.run(inputs, outputs) if self.quick else None


class Held(Doubler):
    """Runs only once `gate` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def run(self, inputs: Any, outputs: Any, timeout_s: Any = None) -> list[Any]:
        assert self.gate.wait(60)
        return super().run(inputs, outputs, timeout_s)


def one(value: int) -> dict[str, Any]:
    return {"x": np.array([value])}


async def answer(model: Doubler, value: int, timeout_s: float | None = None) -> Any:
    return await DirectRunner(model, ModelThreads(4, "test")).run(one(value), ["y"], timeout_s)


async def test_run_of_a_quick_model_alone_stays_on_the_loop() -> None:
    model = Doubler(quick=True)
    runner = DirectRunner(model, ModelThreads(4, "test"))
    made = []
    for value in range(3):
        made.append(int((await runner.run(one(value), ["y"]))[0][0]))
        await asyncio.sleep(0)
    assert made == [0, 2, 4]
    assert set(model.threads) == {threading.get_ident()}


async def test_run_of_a_quick_model_among_others_goes_to_threads() -> None:
    model = Doubler(quick=True)
    runner = DirectRunner(model, ModelThreads(4, "test"))
    answers = await asyncio.gather(*(runner.run(one(value), ["y"]) for value in range(64)))
    assert [int(made[0][0]) for made in answers] == list(range(0, 128, 2))
    assert model.threads.count(threading.get_ident()) == 1


async def test_run_of_another_model_leaves_the_loop_free() -> None:
    model = Held()
    running = asyncio.ensure_future(answer(model, 4))
    for _ in range(10):
        await asyncio.sleep(0.01)
    assert not running.done()
    model.gate.set()
    assert (await running)[0].tolist() == [8]
    assert threading.get_ident() not in model.threads


async def test_run_past_its_time_fails_alone() -> None:
    runner = DirectRunner(Doubler(seconds=0.3), ModelThreads(4, "test"))
    calls = [runner.run(one(1), ["y"], 0.05), runner.run(one(2), ["y"])]
    error, made = await asyncio.gather(*calls, return_exceptions=True)
    await runner.close()
    assert isinstance(error, ServingError) and error.code is Code.DEADLINE_EXCEEDED
    assert error.message == "Timed out waiting for notification"
    assert made[0].tolist() == [4]


async def test_run_that_waits_too_long_for_a_thread_never_runs() -> None:
    model = Doubler(seconds=0.3)
    threads = ModelThreads(1, "test")
    runner = DirectRunner(model, threads)
    calls = [runner.run(one(1), ["y"]), runner.run(one(2), ["y"], 0.1)]
    made, error = await asyncio.gather(*calls, return_exceptions=True)
    await threads.submit(int)  # what was queued before has had its turn
    threads.close()
    assert made[0].tolist() == [2]
    assert error.code is Code.DEADLINE_EXCEEDED
    assert len(model.threads) == 1


async def test_run_with_a_timeout_gives_the_model_what_is_left_of_it() -> None:
    model = Doubler()
    await answer(model, 1, 500.0)
    (left,) = model.timeouts
    assert left is not None and 450 < left <= 500


async def test_run_that_is_cancelled_leaves_others_alone() -> None:
    model = Held()
    runner = DirectRunner(model, ModelThreads(4, "test"))
    calls = [asyncio.ensure_future(runner.run(one(value), ["y"])) for value in range(3)]
    await asyncio.sleep(0)  # all are with the threads
    calls[1].cancel()
    model.gate.set()
    first, second, third = await asyncio.gather(*calls, return_exceptions=True)
    assert (first[0].tolist(), third[0].tolist()) == ([0], [4])
    assert isinstance(second, asyncio.CancelledError)


async def test_run_that_fails_raises_the_models_error() -> None:
    class Failing(Doubler):
        def run(self, *_: Any) -> list[Any]:
            raise ServingError(Code.OUT_OF_RANGE, "too far")

    with pytest.raises(ServingError, match="OUT_OF_RANGE: too far"):
        await answer(Failing(), 1)
