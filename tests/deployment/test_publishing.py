"""Publishing and withdrawing a model version: complete or not at all."""

from __future__ import annotations

import errno
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.deployment.conftest import listed_versions
from tfx_pipeline.deployment import asides, model_versions
from tfx_pipeline.deployment.publishing import publish, withdraw
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import PipelineError
from tfx_pipeline.serving.errors import ServingError


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables/variables.index").write_bytes(b"weights")
    return folder


def test_publish_into_an_empty_folder_makes_a_numeric_version(tmp_path: Path, model: Path) -> None:
    before = int(time.time())
    version = publish(model, tmp_path / "serving/taxi")
    assert before <= int(version.name) <= time.time()
    assert (version / "saved_model.pb").read_bytes() == b"graph"
    assert (version / "variables/variables.index").read_bytes() == b"weights"
    assert [x.name for x in version.parent.iterdir()] == [version.name]


def test_publish_of_the_same_model_again_keeps_the_version(tmp_path: Path, model: Path) -> None:
    first = publish(model, tmp_path / "serving")
    assert publish(model, tmp_path / "serving") == first
    assert len(list((tmp_path / "serving").iterdir())) == 1


def test_publish_within_one_second_counts_on(tmp_path: Path, model: Path) -> None:
    first = publish(model, tmp_path / "serving")
    (model / "saved_model.pb").write_bytes(b"another graph")
    second = publish(model, tmp_path / "serving")
    (model / "saved_model.pb").write_bytes(b"a third")
    third = publish(model, tmp_path / "serving")
    assert int(first.name) < int(second.name) < int(third.name)
    assert (first / "saved_model.pb").read_bytes() == b"graph"


def test_publish_with_a_version_of_the_future_goes_past_it(tmp_path: Path, model: Path) -> None:
    (tmp_path / "serving/9999999999").mkdir(parents=True)
    (tmp_path / "serving/notes").mkdir()
    assert publish(model, tmp_path / "serving").name == "10000000000"


def test_publish_that_fails_half_way_leaves_nothing(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        publish(model, tmp_path / "serving")
    assert list((tmp_path / "serving").iterdir()) == []


def test_publish_on_a_disk_that_fills_says_so_by_its_number(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []

    def full(source: str, _target: str) -> None:
        copied.append(source)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(OSError, match="No space left") as error:
        publish(model, tmp_path / "serving")
    assert (error.value.errno, len(copied)) == (errno.ENOSPC, 1)
    assert list((tmp_path / "serving").iterdir()) == []


def test_publish_clears_what_a_killed_push_left(tmp_path: Path, model: Path) -> None:
    (tmp_path / "serving/.123.incomplete").mkdir(parents=True)
    version = publish(model, tmp_path / "serving")
    assert [x.name for x in (tmp_path / "serving").iterdir()] == [version.name]


ODD = ("99.bak", "latest", "007", "99 copy", "-1", "+5", " 6", "١٢", "9" * 30, "5.1", ".8")


def test_publish_beside_odd_names_goes_past_those_that_servers_take_for_numbers(
    tmp_path: Path, model: Path
) -> None:
    base = tmp_path / "serving/taxi"
    for name in ODD:
        (base / name).mkdir(parents=True)
    (base / "9999999999").write_text("a file")
    (base / "11").symlink_to(tmp_path / "nowhere")
    assert publish(model, base).name == "10000000000"
    assert set(ODD) < {x.name for x in base.iterdir()}


@pytest.mark.parametrize("name", ["007", "+7", " 7"])
def test_publish_of_a_model_that_is_there_under_an_odd_number_keeps_it(
    name: str, tmp_path: Path, model: Path
) -> None:
    base = tmp_path / "serving/taxi"
    shutil.copytree(model, base / name)
    assert publish(model, base) == base / name


def test_publish_past_every_number_says_so(tmp_path: Path, model: Path) -> None:
    base = tmp_path / "serving/taxi"
    (base / str(2**63 - 1)).mkdir(parents=True)
    with pytest.raises(PipelineError, match="no number is left") as error:
        publish(model, base)
    assert str(base / str(2**63 - 1)) in str(error.value)
    assert [x.name for x in base.iterdir()] == [str(2**63 - 1)]


def test_publish_copies_what_links_lead_to(tmp_path: Path, model: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words/x").write_bytes(b"asset")
    (model / "assets").symlink_to(tmp_path / "words")
    version = publish(model, tmp_path / "serving")
    assert (version / "assets/x").read_bytes() == b"asset"
    assert not (version / "assets").is_symlink()
    (tmp_path / "words/x").write_bytes(b"other")
    assert publish(model, tmp_path / "serving") != version


def test_publish_leaves_what_another_push_is_writing(tmp_path: Path, model: Path) -> None:
    base = tmp_path / "serving"
    base.mkdir()
    with asides._aside(base) as aside:
        (aside / "half").touch()
        version = publish(model, base)
        assert (aside / "half").is_file()
    assert [x.name for x in base.iterdir()] == [version.name]


def test_publish_without_locks_removes_only_what_is_old(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    base = tmp_path / "serving"
    for name, age_s in ((".new.incomplete", 60), (".old.incomplete", 7 * 3600)):
        (base / name).mkdir(parents=True)
        os.utime(base / name, (time.time() - age_s,) * 2)
    version = publish(model, base)
    assert sorted(x.name for x in base.iterdir()) == [".new.incomplete", version.name]


@pytest.fixture
def file(tmp_path: Path) -> VersionLabelFile:
    """Versions 1 to 3 of a model, without labels."""
    base = tmp_path / "served/taxi"
    for number in (1, 2, 3):
        (base / str(number)).mkdir(parents=True)
        (base / str(number) / "saved_model.pb").touch()
    return VersionLabelFile(base, "taxi")


def names(file: VersionLabelFile) -> list[str]:
    return sorted(x.name for x in file.base.iterdir())


def test_withdraw_leaves_the_newest_of_the_others_to_unlabelled_requests(
    file: VersionLabelFile,
) -> None:
    file.move("stable", 1)
    assert listed_versions(file) == [1, 3]
    assert withdraw(file.base / "3", file) == {}
    assert (listed_versions(file), file.version_labels()) == ([1, 2], {"stable": 1})
    assert names(file) == [".3.withdrawn", "1", "2"]
    assert list((file.base / ".3.withdrawn").iterdir()) == []


def test_withdraw_moves_labels_back_or_away(file: VersionLabelFile) -> None:
    for version in (1, 3):
        file.move("stable", version)
    file.move("canary", 3)
    assert withdraw(file.base / "3", file) == {"canary": None, "stable": 1}
    assert (listed_versions(file), file.version_labels()) == ([1, 2], {"stable": 1})
    assert file.history() == {"stable": [1]}


def test_withdraw_of_the_last_version_leaves_no_label(file: VersionLabelFile) -> None:
    file.move("stable", 3)
    for number in (1, 2, 3):
        withdraw(file.base / str(number), file)
    assert (listed_versions(file), file.version_labels()) == ([], {})


def test_withdraw_without_a_label_file_makes_none(file: VersionLabelFile) -> None:
    assert withdraw(file.base / "3", file) == {}
    assert not file.path.exists()


def test_withdraw_with_a_broken_label_file_withdraws_and_says_so(file: VersionLabelFile) -> None:
    file.path.write_text("model_config_list {")
    with pytest.raises(ServingError, match="Invalid protobuf file"):
        withdraw(file.base / "3", file)
    assert names(file) == [".3.withdrawn", "1", "2"]


def test_withdraw_on_a_full_disk_keeps_the_version_that_a_label_names(
    file: VersionLabelFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.move("stable", 3)

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        withdraw(file.base / "3", file)
    assert (file.version_labels(), names(file)) == ({"stable": 3}, ["1", "2", "3"])


def test_withdraw_of_a_link_removes_the_link_alone(file: VersionLabelFile, model: Path) -> None:
    (file.base / "4").symlink_to(model)
    withdraw(file.base / "4", file)
    assert names(file) == [".4.withdrawn", "1", "2", "3"]
    assert (model / "saved_model.pb").read_bytes() == b"graph"


def test_withdraw_of_what_is_gone_does_nothing(file: VersionLabelFile) -> None:
    assert withdraw(file.base / "9", file) == {}
    assert names(file) == ["1", "2", "3"]


@pytest.mark.parametrize("path", ["", "..", "latest", "../other/1", "3/variables", "١"])
def test_withdraw_of_no_version_of_the_model_is_refused(file: VersionLabelFile, path: str) -> None:
    (file.base.parent / "other/1").mkdir(parents=True)
    with pytest.raises(PipelineError, match="not a version"):
        withdraw(file.base / path, file)
    assert names(file) == ["1", "2", "3"]
    assert (file.base.parent / "other/1").is_dir()


def test_publish_gives_no_number_again_that_was_withdrawn(
    file: VersionLabelFile, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_versions, "time", SimpleNamespace(time=lambda: 0.0))
    withdraw(file.base / "3", file)
    assert publish(model, file.base).name == "4"
    assert names(file) == ["1", "2", "4"]


PUSHES = """
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.deployment.publishing import publish, withdraw
model, base = Path(sys.argv[1]), Path(sys.argv[2])
print("ready", flush=True)
for number in range(10**6):
    (model / "saved_model.pb").write_text(f"{model.name} {number}")
    (model / "variables/variables.index").write_text(f"{model.name} {number}")
    version = publish(model, base)
    file = VersionLabelFile(base, base.name)
    file.move("stable", int(version.name))
    if number % 2:
        withdraw(version, file)
"""


@pytest.mark.slow
def test_processes_that_are_killed_leave_whole_versions_and_true_labels(tmp_path: Path) -> None:
    """Real processes and real kills; every order of steps: test_publishing_properties.py."""
    base = tmp_path / "served/taxi"
    generator = random.Random(0)
    for attempt in range(6):
        running = []
        for number in range(3):
            model = tmp_path / f"model-{attempt}-{number}"
            (model / "variables").mkdir(parents=True)
            command = [sys.executable, "-c", PUSHES, str(model), str(base)]
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
        for process in running:
            time.sleep(generator.uniform(0, 0.25))
            process.kill()
        for process in running:
            process.communicate()
        there = {x for x in base.iterdir() if x.name.isdecimal()}
        for version in there:
            texts = {
                (version / x).read_text() for x in ("saved_model.pb", "variables/variables.index")
            }
            assert len(texts) == 1
        assert set(VersionLabelFile(base, "taxi").version_labels().values()) <= {
            int(x.name) for x in there
        }
    (tmp_path / "last/variables").mkdir(parents=True)
    (tmp_path / "last/saved_model.pb").touch()
    publish(tmp_path / "last", base)
    assert not [x.name for x in base.iterdir() if x.name.endswith((".incomplete", ".withdrawn"))]


@pytest.fixture
def umask() -> Iterator[Callable[[int], None]]:
    before = os.umask(0o022)

    def set_umask(mask: int) -> None:
        os.umask(mask)

    yield set_umask
    os.umask(before)


@pytest.mark.parametrize(
    ("mask", "folder_mode", "file_mode"),
    [(0, 0o775, 0o664), (0o022, 0o755, 0o644), (0o027, 0o750, 0o640), (0o077, 0o700, 0o600)],
)
def test_publish_gives_modes_by_the_umask_and_nothing_to_write_to_strangers(
    tmp_path: Path,
    model: Path,
    umask: Callable[[int], None],
    mask: int,
    folder_mode: int,
    file_mode: int,
) -> None:
    (model / "saved_model.pb").chmod(0o666)
    (model / "variables").chmod(0o777)
    (model / "variables/variables.index").chmod(0o600)
    umask(mask)
    base = tmp_path / "serving_model/taxi"
    version = publish(model, base)
    for folder in (base.parent, base, version, version / "variables"):
        assert oct(folder.stat().st_mode & 0o777) == oct(folder_mode), folder
    for file in ("saved_model.pb", "variables/variables.index"):
        assert oct((version / file).stat().st_mode & 0o777) == oct(file_mode), file


def test_publish_keeps_the_group_of_a_folder_that_passes_it_on(
    tmp_path: Path, model: Path, umask: Callable[[int], None]
) -> None:
    umask(0o027)
    base = tmp_path / "taxi"
    base.mkdir()
    base.chmod(0o2775)  # as Kubernetes does for fsGroup
    version = publish(model, base)
    assert oct(version.stat().st_mode & 0o7777) == oct(0o2750)
    assert oct((version / "variables").stat().st_mode & 0o7777) == oct(0o2750)
    assert oct((version / "saved_model.pb").stat().st_mode & 0o7777) == oct(0o640)


def test_label_file_of_a_model_gives_nothing_to_write_to_strangers(
    tmp_path: Path, model: Path, umask: Callable[[int], None]
) -> None:
    umask(0)
    version = publish(model, tmp_path / "serving/taxi")
    file = VersionLabelFile(version.parent, "taxi")
    file.move("stable", int(version.name))
    assert file.path.is_file()
    assert not [x for x in (tmp_path / "serving").rglob("*") if x.stat().st_mode & 0o002]
