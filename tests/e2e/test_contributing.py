"""What CONTRIBUTING.md says: its files are there, and its commands work."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.project import REPOSITORY, run_python

TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
COMMANDS = [
    words
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if (words := shlex.split(line, comments=True))
]


def test_contributing_names_only_files_and_folders_that_are_there() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    files = [f"/{file}" for file in listed.stdout.split()]
    named = re.findall(r"(?<![\w/*<])([\w/]+(?:\.(?:py|toml|md|yaml)|/))(?![\w*<])", TEXT)
    examples = {"tfx_pipeline/a/b.py", "tests/a/test_b.py", "commands/test_"}
    assert len(named) > 60
    for name in {*named} - examples:
        known = any(f"/{name}" in file for file in files)
        assert known, f"{name} is not there"


@pytest.mark.e2e
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
