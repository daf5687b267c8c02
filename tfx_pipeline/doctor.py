"""What works on this machine, what does not, and what to do about it.

Terms:
    fact: something true of this machine, worth reading when something fails.
    ability: something that a person may want to do here; it works, or lacks something.

Reads files and the metadata of packages, and asks Docker's client for its engine: nothing heavy is
imported, nothing asks the network.
"""

from __future__ import annotations

import importlib.util
import json
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from tfx_pipeline import versions
from tfx_pipeline.deployment import launch
from tfx_pipeline.errors import ExitStatus
from tfx_pipeline.modules.learners.trees import library
from tfx_pipeline.processes.cores import usable_cores
from tfx_pipeline.processes.this_process import memory_bytes

PACKAGES = (
    "tfx",
    "tensorflow",
    "keras",
    "tensorflow-transform",
    "tensorflow-data-validation",
    "tensorflow-model-analysis",
    "tfx-bsl",
    "ml-metadata",
    "apache-beam",
    "pyarrow",
    "protobuf",
    "numpy",
    "pydantic",
)
COMPILED = ("apache_beam", "keras", "tensorflow", "tfx")  # dear to compile at every start
COMMANDS = ("docker", "java", launch.BINARY)
DISK_GIB = 1.0
MEMORY_GIB = 2.0  # importing TFX takes about one

MAKE = "make setup"
EMBEDDED = "use the embedded server: tfx-pipeline serve"
EXTRA_KUBEFLOW = "make setup, or pip install -e '.[kubeflow]'"


class Fact(NamedTuple):
    """Something true of this machine."""

    name: str
    value: str


class Obstacle(NamedTuple):
    """What stands in the way, and what to do about it."""

    cause: str
    remedy: str


class Ability(NamedTuple):
    """Something to do here; it works when nothing stands in its way."""

    what: str
    obstacles: tuple[Obstacle, ...] = ()


@dataclass(frozen=True)
class DoctorReport:
    """All that the doctor found; the first ability is to run a pipeline here."""

    facts: tuple[Fact, ...]
    abilities: tuple[Ability, ...]

    @property
    def well(self) -> bool:
        """Whether a pipeline can run here."""
        return not self.abilities[0].obstacles


def main(*, as_json: bool = False) -> int:
    """Print the report on this machine; return the exit status."""
    report = examine(Path.cwd())
    print(to_json(report) if as_json else render(report))
    return int(ExitStatus.OK if report.well else ExitStatus.STEP_FAILED)


def examine(folder: Path) -> DoctorReport:
    """Examine this machine, this Python, and `folder`, where a run would write."""
    return DoctorReport(tuple(_facts(folder)), tuple(_abilities(folder)))


def render(report: DoctorReport) -> str:
    """Write a report as aligned lines of text."""
    width = max(len(fact.name) for fact in report.facts)
    lines = ["This machine", *(f"  {fact.name:{width}}  {fact.value}" for fact in report.facts)]
    lines.append("What works")
    for ability in report.abilities:
        lines.append(f"  {'no ' if ability.obstacles else 'yes'}  {ability.what}")
        for obstacle in ability.obstacles:
            lines.append(f"         {obstacle.cause}")
            lines.append(f"         next   {obstacle.remedy}")
    return "\n".join(lines)


def to_json(report: DoctorReport) -> str:
    """Write a report as one JSON object."""
    abilities = [
        {"what": x.what, "works": not x.obstacles, "obstacles": [y._asdict() for y in x.obstacles]}
        for x in report.abilities
    ]
    facts = {fact.name: fact.value for fact in report.facts}
    return json.dumps({"well": report.well, "facts": facts, "abilities": abilities}, indent=2)


def _facts(folder: Path) -> Iterator[Fact]:
    yield Fact("platform", str(versions.this_platform()))
    yield Fact("processor", f"{usable_cores()} cores")
    yield Fact("memory", f"{_memory_gib():.1f} GiB")
    yield Fact("disk", f"{_free_gib(folder):.1f} GiB free in {folder}")
    yield Fact("Python", f"{platform.python_version()} ({sys.executable})")
    yield Fact("stack", _stack())
    yield Fact("bytecode", "compiled" if not _uncompiled() else "not compiled")
    for package in (*PACKAGES, "kfp"):
        yield Fact(package, _version(package) or "not installed")
    for command in COMMANDS:
        yield Fact(command, shutil.which(command) or "not on the PATH")


def _abilities(folder: Path) -> Iterator[Ability]:
    yield Ability("run a pipeline on this machine", tuple(_obstacles_to_a_run(folder)))
    uncompiled = ", ".join(_uncompiled())
    compiler = "" if _version("kfp-pipeline-spec") else "kfp-pipeline-spec is not installed"
    client = "" if _version("kfp") else "kfp is not installed"
    vertex = "" if _version("google-cloud-aiplatform") else "google-cloud-aiplatform is missing"
    unmet = "; ".join(_unmet_requirements())
    binary = "" if shutil.which(launch.BINARY) else f"{launch.BINARY} is not on the PATH"
    docker = launch.docker_obstacle() or ""
    java = "" if shutil.which("java") else "java is not on the PATH"
    trees, trees_remedy = library.obstacle() or ("", "")
    for what, cause, remedy in (
        ("start without compiling", uncompiled and f"no bytecode: {uncompiled}", MAKE),
        ("train boosted trees", trees, trees_remedy),
        ("compile for Kubeflow Pipelines and Vertex AI", compiler, MAKE),
        ("submit to Kubeflow Pipelines", client, EXTRA_KUBEFLOW),
        ("submit to Vertex AI", vertex, MAKE),
        ("serve with the embedded server", unmet, MAKE),
        ("serve with TensorFlow Serving's binary", binary, f"install it, or {EMBEDDED}"),
        ("serve with TensorFlow Serving in Docker", docker, f"install or start it, or {EMBEDDED}"),
        ("run Beam on Flink or Spark", java, "install a Java runtime"),
    ):
        yield Ability(what, (Obstacle(cause, remedy),) if cause else ())


def _obstacles_to_a_run(folder: Path) -> Iterator[Obstacle]:
    refusal = versions.refusal(versions.this_platform())
    if refusal:
        cause, _, remedy = refusal.partition("\nNext: ")
        yield Obstacle(cause, remedy)
    for cause in _unmet_requirements():
        yield Obstacle(cause, MAKE)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield Obstacle(f"{folder} cannot be written: {error.strerror}", "run in another folder")
    if (free := _free_gib(folder)) < DISK_GIB:
        yield Obstacle(f"{free:.1f} GiB of disk are free in {folder}", f"free {DISK_GIB:.0f} GiB")
    if (memory := _memory_gib()) < MEMORY_GIB:
        remedy = f"use a machine or container with {MEMORY_GIB:.0f} GiB or more"
        yield Obstacle(f"{memory:.1f} GiB of memory are too few", remedy)


def _unmet_requirements() -> Iterator[str]:
    """Yield what `setup.py` asks for and this Python does not have."""
    try:
        from packaging.requirements import Requirement

        requirements = [Requirement(text) for text in metadata.requires("tfx-pipeline") or ()]
    except ModuleNotFoundError as error:  # also what an uninstalled tfx-pipeline raises
        yield f"{error.name} is not installed in {sys.executable}"
        return
    for requirement in requirements:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        version = _version(requirement.name)
        if version is None:
            yield f"{requirement.name} is not installed"
        elif not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement.name} is {version}, not {requirement.specifier}"


def _stack() -> str:
    try:
        return versions.stack()
    except RuntimeError as error:
        return str(error)


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _uncompiled() -> list[str]:
    """Name the installed packages whose bytecode was not written at installation."""
    origins = {name: spec.origin for name in COMPILED if (spec := importlib.util.find_spec(name))}
    return [
        name
        for name, origin in origins.items()
        if origin and not Path(importlib.util.cache_from_source(origin)).is_file()
    ]


def _memory_gib() -> float:
    """Return the memory that this process may use: the machine's, or its container's limit."""
    return memory_bytes() / 2**30


def _free_gib(folder: Path) -> float:
    return shutil.disk_usage(folder).free / 2**30
