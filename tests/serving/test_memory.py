from __future__ import annotations

import asyncio
import ctypes
from pathlib import Path

import psutil
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


@pytest.mark.parametrize(("text", "expected"), [("1000", 1000), ("max", None), ("9" * 30, None)])
def test_memory_is_that_of_the_container_if_it_has_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: int | None
) -> None:
    (tmp_path / "limit").write_text(text)
    monkeypatch.setattr(memory, "_CGROUP_LIMIT", tmp_path / "limit")
    machine = psutil.virtual_memory().total
    assert memory.memory_bytes() == pytest.approx(expected or machine, rel=0.01)


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
        await asyncio.sleep(0.2)
        task.cancel()

    asyncio.run(serve())
    assert len(given_back) == times


def test_heaps_are_limited_unless_the_user_has_said_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, ...]] = []

    class Library:
        @staticmethod
        def mallopt(*arguments: int) -> None:
            asked.append(arguments)

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library)
    monkeypatch.setenv("MALLOC_ARENA_MAX", "9")
    memory.limit_heaps()
    monkeypatch.delenv("MALLOC_ARENA_MAX")
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    memory.limit_heaps()
    assert asked == [(-8, 6)]


def test_memory_functions_of_another_library_than_glibc_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    memory.limit_heaps()
    memory.give_back_free_memory()
