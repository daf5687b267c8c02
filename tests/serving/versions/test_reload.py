from __future__ import annotations

import asyncio
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
    server_config,
    states,
    until,
)
from tfx_pipeline.serving.assembly import watch_config_file
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.types import ModelSpec
from tfx_pipeline.serving.versions.manager import ServableManager


def stable(version: int) -> str:
    return f'version_labels {{ key: "stable" value: {version} }}'


async def refusal(manager: ServableManager, config: object) -> str:
    with pytest.raises(ServingError) as caught:
        await asyncio.wait_for(manager.reload(config), 60)
    return str(caught.value)


NO_LIST = (
    "FAILED_PRECONDITION: Cannot transition to requested config. It is only legal to "
    "transition from one ModelConfigList to another."
)
BAD_CONFIGS = [
    (
        config_of("m=/a", "m=/b"),
        "INVALID_ARGUMENT: Illegal to list model m multiple times in config list",
    ),
    (
        config_of("m=models/m"),
        "INVALID_ARGUMENT: Expected model m to have an absolute path or URI; "
        "got base_path()=models/m",
    ),
    (
        config_of("m="),
        "INVALID_ARGUMENT: Expected model m to have an absolute path or URI; got base_path()=",
    ),
    (
        config_of("n=s3://bucket/n"),
        "UNIMPLEMENTED: File system scheme 's3' not implemented (file: 's3://bucket/n')",
    ),
    (
        config_of('n=/n model_platform: "caffe"'),
        "INVALID_ARGUMENT: Model n requests unsupported platform caffe",
    ),
    (
        config_of('m=/m model_platform: "caffe"'),
        "INVALID_ARGUMENT: Illegal to change a model's platform. For model m platform was "
        "tensorflow and new platform requested is caffe",
    ),
    (
        config_of('n=/n model_platform: ""'),
        "INVALID_ARGUMENT: Illegal setting neither ModelServerConfig::model_type (deprecated) "
        "nor ModelServerConfig::model_platform, model name is n",
    ),
    (
        config_of('n=/n model_type: TENSORFLOW model_platform: "tensorflow"'),
        "INVALID_ARGUMENT: Illegal setting both ModelServerConfig::model_type (deprecated) "
        "and ModelServerConfig::model_platform, model name is n",
    ),
    (
        config_of("n=/n model_type: OTHER"),
        "INVALID_ARGUMENT: ModelServerConfig::model_type choice 2 not supported.",
    ),
    (config_of("n=/n logging_config {}"), "INVALID_ARGUMENT: No request-logger-creator provided."),
    (server_config("custom_model_config {}"), NO_LIST),
    (server_config(""), NO_LIST),
    (
        config_of(f"m=/m {stable(9)}"),
        "FAILED_PRECONDITION: Request to assign label to version 9 of model m, "
        "which is not currently available for inference",
    ),
]


@pytest.mark.parametrize(("config", "error"), BAD_CONFIGS)
async def test_reload_bad_config_is_refused_and_changes_nothing(
    base: Path, config: object, error: str
) -> None:
    old = config_of(f"m={base}")
    async with managing(Loads(), old) as manager:
        assert await refusal(manager, config) == error
        assert manager.config == old
        with pytest.raises(ServingError, match="Could not find any versions of model n"):
            manager.states("n")
        add_version(base, 2)  # and it is still followed
        await until(lambda: states(manager) == {2: "AVAILABLE", 1: "END"})


async def test_start_bad_config_is_refused(tmp_path: Path) -> None:
    async with managing(Loads()) as manager:
        with pytest.raises(ServingError, match="does not yet support custom model config"):
            await manager.start(server_config("custom_model_config {}"))
        with pytest.raises(ServingError, match="No request-logger-creator provided"):
            await manager.start(config_of("m=/m logging_config {}"))


async def test_start_empty_config_serves_nothing_and_lets_one_with_models_follow(
    base: Path,
) -> None:
    async with managing(Loads(), server_config("")) as manager:
        assert manager.config is None
        await manager.reload(config_of(f"m={base}"))
        assert served(manager, LATEST) == 1


async def test_start_deprecated_model_type_and_file_uri_are_read(base: Path) -> None:
    config = config_of(f"m=file://{base} model_type: TENSORFLOW")
    async with managing(Loads(), config) as manager:
        assert served(manager, LATEST) == 1


async def test_reload_waits_for_the_new_models_and_unloads_those_that_are_gone(
    tmp_path: Path,
) -> None:
    old, new = add_version(tmp_path / "old", 1), add_version(tmp_path / "new", 5)
    loads = Loads()
    flags = {"file_system_poll_wait_seconds": 3600}  # a reload looks at once
    async with managing(loads, config_of(f"old={old}"), **flags) as manager:
        await asyncio.wait_for(manager.reload(config_of(f"new={new}")), 60)
        assert served(manager, ModelSpec("new")) == 5
        await until(lambda: states(manager, "old") == {1: "END"})
        assert served(manager, ModelSpec("old")).endswith("Latest(old)")
        await asyncio.wait_for(manager.reload(config_of(f"new={new}", f"old={old}")), 60)
        assert served(manager, ModelSpec("old")) == 1
    assert loads.calls == [("old", 1), ("new", 5), ("old", 1)]


async def test_reload_model_that_fails_to_load_is_reported_and_the_others_go_on(
    tmp_path: Path,
) -> None:
    good, bad = add_version(tmp_path / "m", 1), tmp_path / "bad"
    (bad / "2").mkdir(parents=True)
    async with managing(Loads(), config_of(f"m={good}")) as manager:
        assert await refusal(manager, config_of(f"m={good}", f"bad={bad}")) == (
            "UNKNOWN: 1 model(s) did not become available: {{{name: bad version: 2} "
            f"due to error: NOT_FOUND: no model at {bad}/2}}, }}"
        )
        assert served(manager, LATEST) == 1
        add_version(good, 3)
        await until(lambda: served(manager, LATEST) == 3)


async def test_reload_that_waits_does_not_block_the_one_that_mends_it(tmp_path: Path) -> None:
    good = add_version(tmp_path / "m", 1)
    async with managing(Loads(), config_of(f"m={good}")) as manager:
        gone = config_of(f"m={good}", f"gone={tmp_path}/gone")
        waiting = asyncio.create_task(manager.reload(gone))
        await asyncio.sleep(0.03)
        assert not waiting.done()
        await asyncio.wait_for(manager.reload(config_of(f"m={good}")), 60)
        with pytest.raises(ServingError, match="ABORTED: No longer configured: gone"):
            await waiting


async def test_reload_new_policy_loads_and_unloads(tmp_path: Path) -> None:
    base = add_version(tmp_path / "m", 1, 2)
    specific = "model_version_policy { specific { versions: 1 } }"
    async with managing(Loads(), config_of(f"m={base}")) as manager:
        assert states(manager) == {2: "AVAILABLE"}
        await manager.reload(config_of(f"m={base} {specific}"))
        await until(lambda: states(manager) == {2: "END", 1: "AVAILABLE"})
        await manager.reload(config_of(f"m={base} {ALL}"))
        await until(lambda: states(manager) == {2: "AVAILABLE", 1: "AVAILABLE"})


async def test_labels_move_only_to_available_versions(tmp_path: Path) -> None:
    base = add_version(tmp_path / "m", 1, 2)
    label = ModelSpec("m", version_label="stable")
    async with managing(Loads(), config_of(f"m={base} {ALL}")) as manager:
        await until(lambda: states(manager) == {2: "AVAILABLE", 1: "AVAILABLE"})
        await manager.reload(config_of(f"m={base} {ALL} {stable(1)}"))
        assert served(manager, label) == 1
        await manager.reload(config_of(f"m={base} {ALL} {stable(2)}"))
        assert served(manager, label) == 2
        assert "version 3 of model m" in await refusal(
            manager, config_of(f"m={base} {ALL} {stable(3)}")
        )
        assert served(manager, label) == 2
        await manager.reload(config_of(f"m={base} {ALL}"))
        assert served(manager, label) == (
            "INVALID_ARGUMENT: Unrecognized servable version label: stable"
        )


async def test_label_of_a_version_that_was_unloaded_is_not_found(base: Path) -> None:
    async with managing(Loads(), config_of(f"m={base}")) as manager:
        await manager.reload(config_of(f"m={base} {stable(1)}"))
        add_version(base, 2)
        await until(lambda: states(manager) == {2: "AVAILABLE", 1: "END"})
        assert served(manager, ModelSpec("m", version_label="stable")) == (
            "NOT_FOUND: Servable not found for request: Specific(m, 1)"
        )


async def test_label_at_start_needs_the_flag_and_with_it_no_label_moves_to_what_is_not_there(
    base: Path,
) -> None:
    flags = {"allow_version_labels_for_unavailable_models": True}
    async with managing(Loads()) as manager:
        with pytest.raises(ServingError, match="Request to assign label to version 1"):
            await manager.start(config_of(f"m={base} {stable(1)}"))
    async with managing(Loads(), config_of(f"m={base} {stable(1)}"), **flags) as manager:
        assert served(manager, ModelSpec("m", version_label="stable")) == 1
        assert "assign label to version 2" in await refusal(
            manager, config_of(f"m={base} {stable(2)}")
        )
        add_version(base, 2)
        await until(lambda: states(manager)[1] == "END")
        await manager.reload(config_of(f"m={base} {stable(2)}"))
        assert served(manager, ModelSpec("m", version_label="stable")) == 2


async def test_config_file_is_followed_and_a_bad_one_is_logged_once_and_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = add_version(tmp_path / "one", 1), add_version(tmp_path / "two", 2)
    file = tmp_path / "models.config"
    async with managing(Loads(), config_of(f"one={one}")) as manager:
        watching = asyncio.create_task(watch_config_file(manager, str(file), 0.01))
        file.write_text(str(config_of(f"two={two}")))
        await until(lambda: served(manager, ModelSpec("two")) == 2)
        await until(lambda: states(manager, "one") == {1: "END"})
        file.write_text("model_config_list { nonsense")
        await asyncio.sleep(0.1)
        file.unlink()
        await asyncio.sleep(0.1)
        assert served(manager, ModelSpec("two")) == 2
        file.write_text(str(config_of(f"two={two} {stable(2)}", f"one={one}")))
        await until(lambda: served(manager, ModelSpec("two", version_label="stable")) == 2)
        await until(lambda: served(manager, ModelSpec("one")) == 1)
        assert not watching.done()
        watching.cancel()
    refused = [each.message for each in caplog.records if "not put into force" in each.message]
    assert len(refused) == 2
    assert "Invalid protobuf file" in refused[0]
    assert "NOT_FOUND" in refused[1]
