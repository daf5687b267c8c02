"""What CONTRIBUTING.md says: its files are there, and its commands work."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.e2e.project import REPOSITORY, run_python
from tfx_pipeline.config.root import PipelineConfig

TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
COMMANDS = [
    words
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if (words := shlex.split(line, comments=True))
]


def test_contributing_names_only_files_and_folders_that_are_there() -> None:
    rooms = ("benchmarks", "configs", "docs", "tests", "tfx_pipeline")
    paths = [x for room in rooms for x in (REPOSITORY / room).rglob("*.*")]
    files = [f"/{x.relative_to(REPOSITORY)}" for x in [*REPOSITORY.glob("*.*"), *paths]]
    named = re.findall(r"(?<![\w/*<])([\w/]+(?:\.(?:py|toml|md|yaml)|/))(?![\w*<])", TEXT)
    assert len(named) > 60
    for name in set(named):
        known = any(
            f"/{name}" in file if name[-1] == "/" else file.endswith(f"/{name}") for file in files
        )
        assert known, f"{name} is not there"


def test_docstrings_name_modules_that_are_there() -> None:
    package = REPOSITORY / "tfx_pipeline"
    rooms = {path.name for path in package.iterdir() if path.is_dir()}
    checked = 0
    for file in package.rglob("*.py"):
        for name in re.findall(r"`((?:[a-z_]+\.)+[A-Za-z_]+)`", file.read_text(encoding="utf-8")):
            # A file that is written, or a key of the configuration, may be called as a room is.
            if name.endswith(".json") or is_key(name):
                continue
            if name.partition(".")[0] in rooms:
                assert is_there(name, file, package), f"{file}: `{name}` is not there"
                checked += 1
    assert checked > 20


def is_key(name: str) -> bool:
    """Tell a key of the configuration, of two parts."""
    section, _, key = name.partition(".")
    field = PipelineConfig.model_fields.get(section)
    return field is not None and key in getattr(field.annotation, "model_fields", {})


def is_there(name: str, file: Path, package: Path) -> bool:
    """Look for a module, or for a name in it, from the package and from each room of the file."""
    *parts, last = name.split(".")
    for room in [x for x in file.parents if x.is_relative_to(package)]:
        folder = room.joinpath(*parts)
        if (folder / last).is_dir() or (folder / f"{last}.py").is_file():
            return True
        module = folder.with_suffix(".py")
        if module.is_file() and re.search(rf"\b{last}\b", module.read_text(encoding="utf-8")):
            return True
    return False


@pytest.mark.e2e
@pytest.mark.once
def test_contributing_commands_work_in_their_order(tmp_path: Path) -> None:
    for folder in ("configs", "schema", "data", "tests"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    assert len(COMMANDS) == 6
    for program, *words in COMMANDS:
        if program == ".venv/bin/tfx-pipeline":
            words = ["-m", "tfx_pipeline.cli", *words]
        done = run_python(
            [str(REPOSITORY / x) if x == "run_local.py" else x for x in words], tmp_path, 0
        )
        assert "Traceback" not in done.stdout
    assert "Trainer" in done.stdout
