"""Pushes to a store at once, in any order of what they send, and killed anywhere."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.interleaving import Interleaving, step
from tfx_pipeline.components.pusher import push_to_store
from tfx_pipeline.components.pusher.push_to_store import follow_version_labels, publish_to_store
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import PipelineError
from tfx_pipeline.serving.models.model_files import MODEL_FILES
from tfx_pipeline.serving.versions.source import parse_version
from tfx_pipeline.storage import fileio

FORMATS = ("model.onnx", "parity.json")
FILES = ("saved_model.pb", "variables/variables.index", "assets/words")
_number = iter(range(10**6))


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("models")
    for number in range(3):
        for name in FILES:
            (folder / str(number) / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / str(number) / name).write_text(f"model {number}")
        for name in FORMATS:
            (folder / f"formats-{number}").mkdir(exist_ok=True)
            (folder / f"formats-{number}" / name).write_text(f"model {number}")
    return [folder / str(number) for number in range(3)]


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each request to the store be a step, and time stand still."""
    for name in ("pipe_file", "cp_file", "put_file", "rm_file", "find"):
        original: Callable[..., Any] = getattr(MemoryFileSystem, name)

        def request(*args: Any, _original: Callable[..., Any] = original, **more: Any) -> Any:
            step()
            return _original(*args, **more)

        monkeypatch.setattr(MemoryFileSystem, name, request)
    monkeypatch.setattr(push_to_store.time, "sleep", lambda _: None)


def contents(base: str) -> dict[int, set[str]]:
    """What the files of each version are of that a server would take for complete."""
    system = MemoryFileSystem()
    root = base.removeprefix("memory:/")
    found: dict[int, dict[str, str]] = {}
    for path, file in list(system.store.items()):
        folder, _, name = path.removeprefix(f"{root}/").partition("/")
        if path.startswith(f"{root}/") and (number := parse_version(folder)) is not None:
            found.setdefault(number, {})[name] = file.getvalue().decode()
    whole = {number: x for number, x in found.items() if set(MODEL_FILES) & x.keys()}
    return {
        number: {*files.values(), *(f"no {name}" for name in FILES if name not in files)}
        for number, files in whole.items()
    }


@pytest.mark.parametrize("copies", [True, False])
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@example(rounds=[([0, 1, 0], 1941, [])])
@given(
    rounds=st.lists(
        st.tuples(
            st.lists(st.integers(0, 2), min_size=1, max_size=3),
            st.integers(0, 2**32),
            st.lists(st.just(None) | st.integers(0, 30), max_size=3),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_pushes_at_once_leave_whole_versions(
    copies: bool,
    rounds: list[tuple[list[int], int, list[int | None]]],
    models: list[Path],
    tmp_path: Path,
) -> None:
    base = f"memory://pushes-{next(_number)}/{tmp_path.name}/taxi"
    with pytest.MonkeyPatch.context() as patch:
        if not copies:
            patch.setattr(push_to_store, "_COPY_AT_ONCE", ())
        for pushed, order, deaths in rounds:
            choices = random.Random(order).choices(range(3), k=200)
            made: dict[int, list[str]] = {}

            def push(number: int, made: dict[int, list[str]] = made) -> None:
                formats = models[number].parent / f"formats-{number}"
                version = publish_to_store(models[number], base, formats)
                made.setdefault(number, []).append(version)

            run = Interleaving([lambda n=n: push(n) for n in pushed], choices, deaths)
            run.run(lambda: assert_whole(base))
            for number, versions in made.items():
                for version in versions:
                    there = contents(base)[int(version.rpartition("/")[2])]
                    assert there == {f"model {number}"}


def assert_whole(base: str) -> None:
    for number, there in contents(base).items():
        assert len(there) == 1, (number, there)
        beside = f"{base.removeprefix('memory:/')}/formats/{number}"
        files = MemoryFileSystem().store
        assert {files[f"{beside}/{name}"].getvalue().decode() for name in FORMATS} == there


def test_labels_followed_at_once_list_the_newest_version(
    models: list[Path], tmp_path: Path
) -> None:
    base = f"memory://labels-{tmp_path.name}/taxi"
    first = publish_to_store(models[0], base)
    here = VersionLabelFile(tmp_path / "served/taxi", "taxi", served_from=base)
    (here.base / first.rpartition("/")[2]).mkdir(parents=True)
    (here.base / first.rpartition("/")[2] / "saved_model.pb").touch()
    here.move("stable", int(first.rpartition("/")[2]))
    for seed in range(40):
        for path in (here.path, here.history_path):
            fileio.write_bytes(f"{base.rpartition('/')[0]}/{path.name}", path.read_bytes())

        def push(number: int) -> None:
            publish_to_store(models[number], base)
            follow_version_labels(base)

        choices = random.Random(seed).choices(range(2), k=200)
        Interleaving([lambda: push(1), lambda: push(2)], choices).run(lambda: None)
        text = fileio.read_bytes(f"{base}.config").decode()
        assert f"versions: {max(contents(base))}" in text
        fileio.remove_tree(f"{base}/{max(contents(base))}")


def test_publish_to_store_past_every_number_says_so(models: list[Path], tmp_path: Path) -> None:
    base = f"memory://full-{tmp_path.name}/taxi"
    fileio.write_bytes(f"{base}/{2**63 - 1}/x", b"")
    with pytest.raises(PipelineError, match="no number is left"):
        publish_to_store(models[0], base)


def test_publish_to_store_beside_odd_names_pushes(models: list[Path], tmp_path: Path) -> None:
    base = f"memory://odd-{tmp_path.name}/taxi"
    names = (
        "99.bak",
        "latest",
        "007",
        "99 copy",
        "-1",
        "١٢",
        "9" * 30,
        f".{'9' * 40}.a.incomplete",
    )
    for name in names:
        fileio.write_bytes(f"{base}/{name}/saved_model.pb", b"x")
    fileio.write_bytes(f"{base}/5", b"a file")
    version = publish_to_store(models[0], base)
    assert contents(base)[int(version.rpartition("/")[2])] == {"model 0"}
    assert publish_to_store(models[0], base) == version
    assert {*names, "5"} < set(fileio.list_folder(base))


def test_publish_to_store_of_a_model_in_a_folder_with_zeros_keeps_it(
    models: list[Path], tmp_path: Path
) -> None:
    base = f"memory://zeros-{tmp_path.name}/taxi"
    fileio.upload_tree(models[0], f"{base}/0009999999999")
    assert publish_to_store(models[0], base) == f"{base}/0009999999999"
