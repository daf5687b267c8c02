"""What is installed: setup.py's promises, the lock files that keep them, the farmhash of ours."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import setuptools
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tfx_pipeline import versions

STACKS = {stack.name: stack for stack in versions.STACKS}
PYTHONS = [
    pytest.param(stack.name, versions.dotted(python), id=f"{stack.name}-{versions.dotted(python)}")
    for stack in versions.STACKS
    for python in stack.pythons
]
# (length of the text, fingerprint64, fingerprint32), by pyfarmhash 0.5.1, which is C++
FINGERPRINTS = [
    (0, 11160318154034397263, 3696677242),
    (3, 6385240249405656348, 1863511542),
    (7, 17531523087050147268, 998343302),
    (12, 68758789460481156, 3360639989),
    (24, 11861590339678271320, 3363114628),
    (50, 14775373097300469845, 4281442309),
    (130, 9513761967886465048, 1691518775),
]


@pytest.fixture
def packaging_of(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a setup.py passes to setuptools."""

    def run(file: Path) -> dict[str, Any]:
        passed: dict[str, Any] = {}
        monkeypatch.setattr(setuptools, "setup", passed.update)
        runpy.run_path(str(file))
        return passed

    return run


@pytest.fixture
def packaging(packaging_of: Any, repository: Path) -> dict[str, Any]:
    return packaging_of(repository / "setup.py")


def lock_lines(repository: Path, stack: str) -> list[str]:
    """The lock file's lines, each requirement's continuations joined to it."""
    text = (repository / "requirements" / f"{stack}.txt").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pins(repository: Path, stack: str, python: str) -> dict[str, str]:
    """Version by package that the lock file gives this Python."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
    }
    pinned = {}
    for line in lock_lines(repository, stack):
        if line.startswith("--"):
            continue
        requirement = Requirement(line.split("--hash")[0])
        if requirement.marker is None or requirement.marker.evaluate(environment):
            pinned[requirement.name] = str(requirement.specifier).removeprefix("==")
    return pinned


def applying(requirements: list[str], python: str) -> Iterator[Requirement]:
    for requirement in map(Requirement, requirements):
        if requirement.marker is None or requirement.marker.evaluate({"python_version": python}):
            yield requirement


@pytest.mark.parametrize(("stack", "python"), PYTHONS)
def test_install_requires_of_a_python_names_the_tfx_of_its_stack(
    stack: str, python: str, packaging: dict[str, Any]
) -> None:
    tfx = [
        str(r.specifier) for r in applying(packaging["install_requires"], python) if r.name == "tfx"
    ]
    assert tfx == [f"=={STACKS[stack].tfx}"]


def test_python_requires_admits_the_pythons_of_the_stacks_alone(packaging: dict[str, Any]) -> None:
    minors = range(6, 16)
    admitted = [
        f"3.{m}"
        for m in minors
        if Version(f"3.{m}.1") in SpecifierSet(packaging["python_requires"])
    ]
    classified = [
        line.rpartition(" ")[2]
        for line in packaging["classifiers"]
        if line.startswith("Programming Language :: Python :: 3.")
    ]
    assert admitted == classified == ["3.10", "3.11", "3.12", "3.13"]


@pytest.mark.parametrize(("stack", "python"), PYTHONS)
def test_lock_pins_satisfy_setup_py(
    stack: str, python: str, packaging: dict[str, Any], repository: Path
) -> None:
    pinned = pins(repository, stack, python)
    extras = packaging["extras_require"].values()
    wanted = [*packaging["install_requires"], *(each for extra in extras for each in extra)]
    broken = [
        str(requirement)
        for requirement in applying(wanted, python)
        if requirement.url is None  # pyfarmhash comes from the checkout
        and not requirement.specifier.contains(pinned.get(requirement.name.lower(), "0.dev0"))
    ]
    assert broken == []


@pytest.mark.parametrize("stack", STACKS)
def test_lock_names_no_address_and_hashes_every_package(stack: str, repository: Path) -> None:
    lines = lock_lines(repository, stack)
    packages = [line for line in lines if not line.startswith("--")]
    assert len(packages) > 200
    assert [line for line in lines if "://" in line or "index-url" in line] == []
    assert [line for line in packages if "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("stack", STACKS)
def test_lock_lets_nothing_be_compiled(stack: str, repository: Path) -> None:
    options = [line for line in lock_lines(repository, stack) if line.startswith("--")]
    assert options == [
        "--no-binary google-apitools",  # these five are plain Python
        "--no-binary kfp",
        "--no-binary kfp-kubernetes",
        "--no-binary kfp-server-api",
        "--no-binary rouge-score",
        "--only-binary :all:",
    ]


def test_environment_of_make_setup_has_exactly_the_lock(repository: Path) -> None:
    if not (Path(sys.prefix) / "made-from.json").is_file():
        pytest.skip("this Python was not made by make setup")
    python = versions.dotted(sys.version_info[:2])
    expected = pins(repository, versions.stack(), python)
    assert {name: metadata.version(name) for name in expected} == expected


def test_own_pyfarmhash_satisfies_data_validation(packaging_of: Any, repository: Path) -> None:
    version = packaging_of(repository / "requirements/pyfarmhash/setup.py")["version"]
    needs = map(Requirement, metadata.requires("tensorflow-data-validation") or ())
    farmhash = next(requirement for requirement in needs if requirement.name == "pyfarmhash")
    assert farmhash.specifier.contains(version)


@pytest.mark.parametrize(("length", "of_64_bits", "of_32_bits"), FINGERPRINTS)
def test_farmhash_gives_the_fingerprints_of_the_compiled_one(
    length: int, of_64_bits: int, of_32_bits: int, repository: Path
) -> None:
    farmhash = runpy.run_path(str(repository / "requirements/pyfarmhash/farmhash.py"))
    text = ("tfx-pipeline é " * 20).encode()[:length]
    assert farmhash["fingerprint64"](text) == of_64_bits
    assert farmhash["fingerprint32"](text) == of_32_bits


def test_farmhash_takes_text_as_utf8(repository: Path) -> None:
    farmhash = runpy.run_path(str(repository / "requirements/pyfarmhash/farmhash.py"))
    assert farmhash["fingerprint64"]("é") == farmhash["fingerprint64"]("é".encode())
    assert farmhash["fingerprint64"]("é") == 693143013273849025
