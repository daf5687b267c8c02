"""The doctor: what it finds, what it says about that, and that it imports nothing heavy."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tfx_pipeline import doctor, versions
from tfx_pipeline.doctor import Ability, DoctorReport, Fact, Obstacle

MIB = 2**20


def causes(folder: Path) -> list[str]:
    """What the doctor says stands in the way of a run."""
    return [obstacle.cause for obstacle in doctor.examine(folder).abilities[0].obstacles]


def test_examine_here_finds_a_run_possible(tmp_path: Path) -> None:
    report = doctor.examine(tmp_path)
    facts = {fact.name: fact.value for fact in report.facts}
    assert report.abilities[0] == Ability("run a pipeline on this machine")
    assert report.well
    assert facts["stack"] == versions.stack()
    assert facts["tfx"] == metadata.version("tfx")
    assert facts["platform"] == str(versions.this_platform())


def test_examine_of_an_unwritable_folder_says_so() -> None:
    found = causes(Path("/proc"))
    assert found[0].startswith("/proc cannot be written: ")
    assert found[1] == "0.0 GiB of disk are free in /proc"


@pytest.mark.parametrize(
    ("package", "installed", "cause"),
    [
        ("dill", None, "dill is not installed"),
        ("setuptools", "84.0.0", "setuptools is 84.0.0, not <81"),
    ],
)
def test_examine_with_an_unmet_requirement_names_it(
    package: str,
    installed: str | None,
    cause: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = doctor._version
    monkeypatch.setattr(
        doctor, "_version", lambda name: installed if name == package else real(name)
    )
    obstacles = doctor.examine(tmp_path).abilities[0].obstacles
    assert obstacles == (Obstacle(cause, "make setup"),)


def test_examine_on_a_small_machine_asks_for_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.sysconf
    pages = 512 * MIB // real("SC_PAGE_SIZE")
    monkeypatch.setattr(
        os, "sysconf", lambda name: pages if name == "SC_PHYS_PAGES" else real(name)
    )
    assert causes(tmp_path) == ["0.5 GiB of memory are too few"]


def test_examine_on_musl_says_what_to_use_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        versions, "this_platform", lambda: versions.Platform("Linux", "x86_64", None)
    )
    (obstacle,) = doctor.examine(tmp_path).abilities[0].obstacles
    assert obstacle.cause.startswith("Linux x86_64, no glibc: TFX needs glibc 2.17 or newer")
    assert obstacle.remedy.startswith("use such a machine, or a container")


@pytest.mark.parametrize(
    ("error", "cause", "next_step"),
    [
        (OSError("libgomp.so.1: cannot open"), "libgomp.so.1: cannot open", "apt-get install"),
        (None, "", ""),
    ],
)
def test_examine_without_openmp_says_which_package_trees_need(
    error: OSError | None,
    cause: str,
    next_step: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = []

    def load(file: str) -> None:
        loaded.append(file)
        if error:
            raise error

    monkeypatch.setattr(ctypes, "CDLL", load)
    abilities = {ability.what: ability for ability in doctor.examine(tmp_path).abilities}
    found = "".join(" ".join(x) for x in abilities["train boosted trees"].obstacles)
    assert cause in found and next_step in found
    assert bool(found) == bool(error)
    assert len(loaded) == 1


def test_render_aligns_facts_and_gives_each_obstacle_its_remedy() -> None:
    report = DoctorReport(
        (Fact("disk", "9.0 GiB free"), Fact("processor", "2 cores")),
        (Ability("run"), Ability("submit", (Obstacle("kfp is not installed", "make setup"),))),
    )
    assert doctor.render(report).splitlines() == [
        "This machine",
        "  disk       9.0 GiB free",
        "  processor  2 cores",
        "What works",
        "  yes  run",
        "  no   submit",
        "         kfp is not installed",
        "         next   make setup",
    ]


def test_main_in_an_unwritable_folder_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir("/proc")
    assert doctor.main() == 1
    assert "  no   run a pipeline on this machine\n" in capsys.readouterr().out


def test_main_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from tfx_pipeline import doctor\n"
        "doctor.main()\n"
        "heavy = {'tensorflow', 'tfx', 'apache_beam', 'pyarrow', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


def test_stack_of_another_tfx_names_those_that_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "1.14.0")
    with pytest.raises(
        RuntimeError, match=r"^TFX 1\.14\.0 is installed; .* 1\.21\.0 or 1\.16\.0\."
    ):
        versions.stack()


def test_examine_says_which_servers_work_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def servers() -> dict[str, list[str]]:
        return {
            ability.what: [obstacle.cause for obstacle in ability.obstacles]
            for ability in doctor.examine(tmp_path).abilities
            if ability.what.startswith("serve with")
        }

    monkeypatch.setenv("PATH", str(tmp_path))
    assert servers() == {
        "serve with the embedded server": [],
        "serve with TensorFlow Serving's binary": ["tensorflow_model_server is not on the PATH"],
        "serve with TensorFlow Serving in Docker": ["docker is not on the PATH"],
    }
    for name, script in (
        ("tensorflow_model_server", "exit 0"),
        ("docker", "echo no daemon >&2; exit 1"),
    ):
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    assert list(servers().values()) == [[], [], ["docker's engine does not answer: no daemon"]]
