from __future__ import annotations

import asyncio
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.serving.fakes import refusal
from tests.serving.versions.lifecycle import (
    ALL,
    FAST,
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
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import ModelSpec, StateName, VersionState
from tfx_pipeline.serving.versions.manager import ServableManager


async def test_lease_latest_and_exact_version_give_them_and_others_the_contracts_texts(
    tmp_path: Path,
) -> None:
    base = add_version(tmp_path / "m", 1, 2, "00000003")
    async with managing(Loads(), config_of(f"m={base} {ALL}")) as manager:
        await until(lambda: set(states(manager).values()) == {"AVAILABLE"})
        assert served(manager, LATEST) == 3
        assert served(manager, version(1)) == 1
        assert served(manager, version(9)) == (
            "NOT_FOUND: Servable not found for request: Specific(m, 9)"
        )
        assert served(manager, ModelSpec("other")) == (
            "NOT_FOUND: Servable not found for request: Latest(other)"
        )
        assert served(manager, ModelSpec("m", version_label="stable")) == (
            "INVALID_ARGUMENT: Unrecognized servable version label: stable"
        )
        assert served(manager, ModelSpec("")) == (
            "INVALID_ARGUMENT: ModelSpec has no name specified."
        )


async def test_states_are_listed_highest_first_and_what_is_unknown_is_not_found(
    tmp_path: Path,
) -> None:
    base = add_version(tmp_path / "m", 1, 10, 9)
    async with managing(Loads(), config_of(f"m={base} {ALL}")) as manager:
        await until(lambda: set(states(manager).values()) == {"AVAILABLE"})
        assert [each.version for each in manager.states("m")] == [10, 9, 1]
        assert manager.states("m", 9) == [VersionState(9, StateName.AVAILABLE)]
        not_found, text = refusal(manager.states, "m", 4)
        assert (not_found, text) == (Code.NOT_FOUND, "Could not find version 4 of model m")
        not_found, text = refusal(manager.states, "n")
        assert (not_found, text) == (Code.NOT_FOUND, "Could not find any versions of model n")


async def test_no_version_folders_unloads_all_and_a_missing_base_path_nothing(
    tmp_path: Path,
) -> None:
    base = add_version(tmp_path / "m", 1)
    async with managing(Loads(), config_of(f"m={base}")) as manager:
        base.rename(tmp_path / "away")
        await asyncio.sleep(0.1)
        assert served(manager, LATEST) == 1
        (tmp_path / "away").rename(base)
        shutil.rmtree(base / "1")
        await until(lambda: states(manager) == {1: "END"})
        assert served(manager, LATEST).endswith("Latest(m)")
        add_version(base, 1)
        await until(lambda: states(manager) == {1: "AVAILABLE"})


async def test_folder_that_cannot_be_listed_keeps_the_loaded_version(
    base: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refusals: list[object] = []

    def refuse(path: object) -> Any:
        refusals.append(path)
        raise PermissionError(13, "Permission denied")

    async with managing(Loads(), config_of(f"m={base}")) as manager:
        with monkeypatch.context() as patch:
            patch.setattr("os.listdir", refuse)
            await until(lambda: len(refusals) > 3)
            assert served(manager, LATEST) == 1
        add_version(base, 2)
        await until(lambda: states(manager) == {2: "AVAILABLE", 1: "END"})
    said = [record.message for record in caplog.records if "Permission denied" in record.message]
    assert len(said) == 1, "the same trouble is logged once"


async def test_start_waits_for_a_base_path_and_then_for_a_version(tmp_path: Path) -> None:
    async with managing(Loads()) as manager:
        starting = asyncio.create_task(manager.start(config_of(f"m={tmp_path}/m")))
        await asyncio.sleep(0.05)
        (tmp_path / "m").mkdir()
        await asyncio.sleep(0.05)
        assert not starting.done()
        add_version(tmp_path / "m", 1)
        await asyncio.wait_for(starting, 60)
        assert served(manager, LATEST) == 1


async def test_start_that_waits_for_a_base_path_can_be_cancelled(tmp_path: Path) -> None:
    async with managing(Loads()) as manager:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(manager.start(config_of(f"m={tmp_path}/m")), 0.05)


async def test_start_fails_when_a_model_does_and_says_which_and_why(tmp_path: Path) -> None:
    good = add_version(tmp_path / "good", 1)
    bad = tmp_path / "bad"
    (bad / "3").mkdir(parents=True)
    loads = Loads()
    async with managing(loads) as manager:
        with pytest.raises(ServingError) as caught:
            await manager.start(config_of(f"good={good}", f"bad={bad}"))
        assert str(caught.value) == (
            "UNKNOWN: 1 servable(s) did not become available: {{{name: bad version: 3} "
            f"due to error: NOT_FOUND: no model at {bad}/3}}, }}"
        )
    assert loads.calls.count(("bad", 3)) == 2
    assert loads.models["good", 1].freed == ["runner", "model"]


async def test_start_with_a_good_and_a_broken_version_serves_the_good_one(base: Path) -> None:
    (base / "2").mkdir()
    async with managing(Loads(), config_of(f"m={base} {ALL}")) as manager:
        assert served(manager, LATEST) == 1


async def test_poll_wait_of_zero_looks_once(base: Path) -> None:
    flags = {"file_system_poll_wait_seconds": 0}
    async with managing(Loads(), config_of(f"m={base}"), **flags) as manager:
        add_version(base, 2)
        await asyncio.sleep(0.1)
        assert states(manager) == {1: "AVAILABLE"}


async def test_close_waits_for_leases_and_for_loads_and_frees_all(base: Path) -> None:
    loads = Loads()
    loads.gates[2] = threading.Event()
    manager = ServableManager(loads, ServerOptions(**FAST))
    await manager.start(config_of(f"m={base}"))
    add_version(base, 2)
    await until(lambda: ("m", 2) in loads.calls)
    with manager.lease(LATEST) as servable:
        closing = asyncio.create_task(manager.close())
        await asyncio.sleep(0.05)
        assert await servable.runner.run(1, []) == [1]
    await until(lambda: loads.models["m", 1].freed == ["runner", "model"])
    assert not closing.done()
    loads.gates[2].set()
    await asyncio.wait_for(closing, 60)
    assert states(manager) == {2: "END", 1: "END"}
    assert loads.models["m", 2].freed == ["runner", "model"]


async def test_close_while_a_first_load_hangs_ends_after_the_grace_and_start_is_told(
    base: Path,
) -> None:
    loads = Loads()
    loads.gates[1] = threading.Event()
    manager = ServableManager(loads, ServerOptions(**FAST))
    starting = asyncio.create_task(manager.start(config_of(f"m={base}")))
    await until(lambda: ("m", 1) in loads.calls)
    await asyncio.wait_for(manager.close(grace_s=0.05), 1)
    with pytest.raises(ServingError, match="ABORTED"):
        await starting
    loads.gates[1].set()


def test_close_before_start_ends(tmp_path: Path) -> None:
    asyncio.run(ServableManager(Loads(), ServerOptions()).close())


async def test_observer_that_fails_stops_nothing(base: Path) -> None:

    def fail(name: str, number: int, state: StateName) -> None:
        raise ValueError(name)

    async with managing(Loads()) as manager:
        manager.on_change.append(fail)
        await manager.start(config_of(f"m={base}"))
        assert served(manager, LATEST) == 1
