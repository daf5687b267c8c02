from __future__ import annotations

import asyncio
import time

import pytest

from tfx_pipeline.serving import memory
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.memory import LARGE, MemoryBudget


def test_budget_holds_up_to_its_limit_and_gives_all_back() -> None:
    budget = MemoryBudget(100)
    with budget.hold(60) as first:
        with budget.hold(40):
            assert budget.held == 100
            with pytest.raises(ServingError, match="more than 100 bytes are in flight") as caught:
                first.add(1)
            assert caught.value.code is Code.RESOURCE_EXHAUSTED
        first.add(40)
        assert budget.held == 100
    assert budget.held == 0


def test_budget_that_is_refused_or_whose_request_fails_holds_nothing() -> None:
    budget = MemoryBudget(100)
    with pytest.raises(ServingError):
        budget.hold(101)
    with pytest.raises(ZeroDivisionError), budget.hold(100):
        raise ZeroDivisionError
    assert budget.held == 0


def test_budget_is_shared_by_the_processes_of_a_server() -> None:
    assert MemoryBudget(processes=4).most == MemoryBudget().most // 4


@pytest.mark.parametrize(("size", "times"), [(LARGE - 1, 0), (LARGE, 1)])
def test_memory_is_given_back_only_after_large_requests(
    monkeypatch: pytest.MonkeyPatch, size: int, times: int
) -> None:
    given_back: list[None] = []
    monkeypatch.setattr(memory, "GIVE_BACK_EVERY_S", 0.01)
    monkeypatch.setattr(memory, "give_back_free_memory", lambda: given_back.append(None))
    budget = MemoryBudget(2 * LARGE)

    async def serve() -> None:
        with budget.hold(size):
            pass
        task = asyncio.create_task(memory.give_back_after_large(budget))
        deadline = time.monotonic() + (60 if times else 0.2)
        while not given_back and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)  # it is not given back again
        task.cancel()

    asyncio.run(serve())
    assert len(given_back) == times
