from __future__ import annotations

import asyncio

import grpc.aio
import pytest

from tests.serving.virtual_time import run_in_virtual_time
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.grpc.admission import Admission
from tfx_pipeline.serving.memory import MemoryBudget


@pytest.fixture(autouse=True)
def _promptly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{Admission.__module__}.PROMPT_S", 0.02)


class Call:
    """A call's context: its message comes after some time, or not at all."""

    def __init__(self, seconds: float, message: object = b"m") -> None:
        self._seconds, self._message = seconds, message

    async def read(self) -> object:
        await asyncio.sleep(self._seconds)
        return self._message


def received(*waits_s: float, gap_s: float = 0.0, most_slow: int = 4) -> list[bytes | Code]:
    """Receive a message a wait, each begun a gap after the last one."""
    admission = Admission(MemoryBudget(most_slow * 1000 // 8), 1000)
    assert admission.most_slow == most_slow

    async def one(index: int, wait_s: float) -> bytes | Code:
        await asyncio.sleep(index * gap_s)
        try:
            return await admission.receive(Call(wait_s))
        except ServingError as error:
            return error.code

    async def all_of_them() -> list[bytes | Code]:
        found = await asyncio.gather(*(one(index, each) for index, each in enumerate(waits_s)))
        assert not admission._slow and not admission._refused
        return found

    return run_in_virtual_time(all_of_them())


@pytest.mark.parametrize(
    ("memory", "largest", "most"),
    [
        (16 * 2**20, 2**20, 128),
        (2**30, 2**29, 16),
        (2**30, 2**31 - 1, 4),
        (2**30, 1000, 256),
        (100, 1000, 4),
    ],
)
def test_slow_calls_may_hold_half_of_the_memory_at_most(
    memory: int, largest: int, most: int
) -> None:
    assert Admission(MemoryBudget(memory), largest).most_slow == most


def test_message_that_is_prompt_is_received_whatever_the_number() -> None:
    assert received(*[0.0] * 500) == [b"m"] * 500


def test_slow_message_beyond_the_number_is_refused_and_the_others_are_received() -> None:
    found = received(*[0.3] * 7)
    assert found[:4] == [b"m"] * 4
    assert found[4:] == [Code.RESOURCE_EXHAUSTED] * 3


def test_prompt_messages_pass_while_all_slow_ones_are_still_coming() -> None:
    found = received(0.3, 0.3, 0.3, 0.3, 0.0, 0.001, 0.0, gap_s=0.02)
    assert found == [b"m"] * 7


def test_slow_message_that_has_come_makes_room_for_the_next() -> None:
    assert received(*[0.06] * 8, gap_s=0.05) == [b"m"] * 8


def test_oldest_slow_message_gives_way_once_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{Admission.__module__}.OLD_S", 0.05)
    found = received(5.0, 0.4, 0.4, 0.4, 0.2, gap_s=0.05)
    assert found == [Code.RESOURCE_EXHAUSTED, b"m", b"m", b"m", b"m"]


def test_call_that_is_cancelled_while_it_sends_is_forgotten() -> None:
    async def cancel() -> None:
        admission = Admission(MemoryBudget(1000), 1000)
        task = asyncio.create_task(admission.receive(Call(5)))
        await asyncio.sleep(0.05)
        assert len(admission._slow) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not admission._slow

    run_in_virtual_time(cancel())


async def test_call_without_a_message_is_refused() -> None:
    with pytest.raises(ServingError, match="The call has no message"):
        await Admission(MemoryBudget(1000), 1000).receive(Call(0, grpc.aio.EOF))
