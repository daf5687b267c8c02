from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path

import pytest

from tests.serving.versions.lifecycle import (
    ALL,
    LATEST,
    Loads,
    add_version,
    config_of,
    managing,
    served,
    states,
    until,
    version,
)
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import StateName, VersionState
from tfx_pipeline.serving.versions.manager import ServableManager


async def test_new_version_replaces_the_old_one_after_it_is_available(base: Path) -> None:
    loads = Loads()
    loads.gates[2] = threading.Event()
    seen: list[tuple[int, str]] = []
    async with managing(loads, config_of(f"m={base}")) as manager:
        manager.on_change.append(lambda name, number, state: seen.append((number, state.name)))
        add_version(base, 2)
        await until(lambda: states(manager).get(2) == "LOADING")
        assert states(manager)[1] == "AVAILABLE"
        assert served(manager, LATEST) == 1
        loads.gates[2].set()
        await until(lambda: states(manager) == {2: "AVAILABLE", 1: "END"})
        assert served(manager, LATEST) == 2
        assert served(manager, version(1)).endswith("Specific(m, 1)")
    assert seen[:5] == [
        (2, "START"),
        (2, "LOADING"),
        (2, "AVAILABLE"),
        (1, "UNLOADING"),
        (1, "END"),
    ]
    assert loads.models["m", 1].freed == ["runner", "model"]


async def test_leaving_version_is_freed_only_when_all_leases_are_given_back(base: Path) -> None:
    loads = Loads()
    async with managing(loads, config_of(f"m={base}")) as manager:
        with manager.lease(LATEST) as first, manager.lease(LATEST):
            add_version(base, 2)
            await until(lambda: states(manager) == {2: "AVAILABLE", 1: "UNLOADING"})
            assert served(manager, version(1)).startswith("NOT_FOUND")
            await asyncio.sleep(0.05)
            assert await first.runner.run(5, []) == [5]
        await until(lambda: states(manager)[1] == "END")
        assert loads.models["m", 1].freed == ["runner", "model"]


async def test_lease_that_is_entered_after_its_version_left_is_refused(base: Path) -> None:
    async with managing(Loads(), config_of(f"m={base}")) as manager:
        late = manager.lease(LATEST)
        add_version(base, 2)
        await until(lambda: states(manager) == {2: "AVAILABLE", 1: "END"})
        with pytest.raises(ServingError, match=r"NOT_FOUND: .* Specific\(m, 1\)"), late:
            pass


async def test_twenty_swaps_under_load_fail_no_request(base: Path) -> None:
    loads = Loads()
    answers: list[int] = []

    async def client(manager: ServableManager, stop: asyncio.Event) -> None:
        while not stop.is_set():
            with manager.lease(LATEST) as servable:
                await asyncio.sleep(0.001)
                assert await servable.runner.run(1, []) == [1]
                answers.append(servable.version)

    stop = asyncio.Event()
    async with managing(loads, config_of(f"m={base}")) as manager:
        clients = [asyncio.create_task(client(manager, stop)) for _ in range(16)]
        for number in range(2, 22):
            add_version(base, number)
            wanted = {number: "AVAILABLE", number - 1: "END"}
            await until(lambda wanted=wanted: wanted.items() <= states(manager).items())
        stop.set()
        await asyncio.gather(*clients)
    assert set(answers) == set(range(1, 22))
    assert loads.calls == [("m", number) for number in range(1, 22)]
    assert all(model.freed == ["runner", "model"] for model in loads.models.values())


def test_broken_version_is_retried_then_ends_with_its_error_and_the_good_one_stays(
    base: Path,
) -> None:
    loads = Loads()

    async def scenario() -> None:
        async with managing(loads, config_of(f"m={base}"), max_num_load_retries=2) as manager:
            (base / "2").mkdir()  # half-copied: no model in it
            await until(lambda: states(manager).get(2) == "END")
            await asyncio.sleep(0.05)
            assert loads.calls == [("m", 1)] + 3 * [("m", 2)]
            assert manager.states("m") == [
                VersionState(2, StateName.END, Code.NOT_FOUND, f"no model at {base}/2"),
                VersionState(1, StateName.AVAILABLE),
            ]
            assert served(manager, LATEST) == 1
            # Its folder goes and returns.
            shutil.rmtree(base / "2")
            await asyncio.sleep(0.05)
            assert states(manager) == {2: "END", 1: "AVAILABLE"}
            add_version(base, 2)
            await until(lambda: states(manager) == {2: "AVAILABLE", 1: "END"})

    asyncio.run(scenario())


async def test_half_copied_version_that_is_completed_between_two_attempts_loads(
    base: Path,
) -> None:
    flags = {"max_num_load_retries": 1000}
    async with managing(Loads(), config_of(f"m={base}"), **flags) as manager:
        (base / "2").mkdir()
        await until(lambda: states(manager).get(2) == "LOADING")
        (base / "2" / "model").write_text("fine")
        await until(lambda: states(manager) == {2: "AVAILABLE", 1: "END"})


async def test_file_with_a_numeric_name_ends_as_any_broken_version(base: Path) -> None:
    async with managing(Loads(), config_of(f"m={base}")) as manager:
        (base / "7").write_text("a file")
        await until(lambda: states(manager) == {7: "END", 1: "AVAILABLE"})


async def test_load_that_raises_what_nobody_expects_is_a_failed_load(base: Path) -> None:
    async with managing(Loads(), config_of(f"m={base}")) as manager:
        add_version(base, 2, text="strange")
        await until(lambda: states(manager).get(2) == "END")
        failed = manager.states("m", 2)[0]
        assert (failed.code, failed.message) == (Code.UNKNOWN, "ZeroDivisionError: strange")


async def test_version_that_waits_for_its_next_attempt_is_given_up_for_a_newer_one(
    base: Path,
) -> None:
    loads = Loads()
    flags = {"load_retry_interval_micros": 3_600_000_000, "max_num_load_retries": 5}
    async with managing(loads, config_of(f"m={base}"), **flags) as manager:
        (base / "2").mkdir()
        await until(lambda: states(manager).get(2) == "LOADING")
        add_version(base, 3)
        await until(lambda: states(manager) == {3: "AVAILABLE", 2: "END", 1: "END"})
        assert manager.states("m", 2)[0].code is Code.NOT_FOUND
    assert loads.calls == [("m", 1), ("m", 2), ("m", 3)]


async def test_version_that_is_overtaken_while_it_waits_to_load_is_never_loaded(
    base: Path,
) -> None:
    loads = Loads()
    loads.gates[2] = threading.Event()
    async with managing(loads, config_of(f"m={base}")) as manager:
        add_version(base, 2)
        await until(lambda: ("m", 2) in loads.calls)
        add_version(base, 3)
        await until(lambda: states(manager).get(3) == "START")
        add_version(base, 4)
        await until(lambda: states(manager).get(4) == "START")
        loads.gates[2].set()
        await until(lambda: states(manager) == {4: "AVAILABLE", 3: "END", 2: "END", 1: "END"})
    assert loads.calls == [("m", 1), ("m", 2), ("m", 4)]


async def test_version_that_is_loaded_when_it_is_no_longer_wanted_is_freed(base: Path) -> None:
    loads = Loads()
    loads.gates[2] = threading.Event()
    async with managing(loads, config_of(f"m={base}"), num_load_threads=2) as manager:
        add_version(base, 2)
        await until(lambda: ("m", 2) in loads.calls)
        add_version(base, 3)
        await until(lambda: states(manager) == {3: "AVAILABLE", 2: "LOADING", 1: "END"})
        loads.gates[2].set()
        await until(lambda: states(manager)[2] == "END")
        cancelled = "Loading of servable cancelled"
        assert manager.states("m", 2)[0] == VersionState(
            2, StateName.END, Code.CANCELLED, cancelled
        )
        assert loads.models["m", 2].freed == ["runner", "model"]
        assert served(manager, LATEST) == 3


@pytest.mark.parametrize(("threads", "most"), [(0, 1), (1, 1), (3, 3)])
async def test_num_load_threads_is_how_many_load_at_the_same_time(
    base: Path, threads: int, most: int
) -> None:
    loads = Loads()
    loads.gates = dict.fromkeys(range(2, 6), threading.Event())
    config = config_of(f"m={base} {ALL}")
    async with managing(loads, config, num_load_threads=threads) as manager:
        add_version(base, 2, 3, 4, 5)
        await until(lambda: len(loads.calls) == 1 + most)
        await asyncio.sleep(0.05)
        loads.gates[2].set()
        await until(lambda: list(states(manager).values()) == 5 * ["AVAILABLE"])
    assert loads.most == most
