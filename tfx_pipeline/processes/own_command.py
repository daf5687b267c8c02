"""This program's own commands as they can be typed here."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

_SCRIPT = "run_local.py"
_PROGRAM = "tfx-pipeline"


def program() -> str:
    """Give the word that starts the program: `make setup` puts it beside the Python it makes."""
    beside = Path(sys.executable).with_name(_PROGRAM)
    if shutil.which(_PROGRAM) or not beside.is_file():
        return _PROGRAM
    return _from_here(beside)


def run_words() -> tuple[str, str]:
    """Give the two words that start a run, as this process was started."""
    started_as = Path(sys.argv[0])
    if started_as.name == _PROGRAM:
        return program(), "run"
    return "python", _from_here(started_as) if started_as.name == _SCRIPT else _SCRIPT


def _from_here(file: Path) -> str:
    return str(file).removeprefix(f"{Path.cwd()}/")
