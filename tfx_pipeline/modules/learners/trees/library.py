"""LightGBM, imported when trees are wanted: it needs a shared library that small systems lack."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import logging
from pathlib import Path
from typing import Any

_LOG = logging.getLogger(__name__)

INSTALL = (
    "Debian and Ubuntu: `apt-get install libgomp1`; Fedora and RHEL: `dnf install libgomp`;"
    " macOS: `brew install libomp`"
)
"""How to get the OpenMP library that LightGBM is linked to and does not bring."""


def lightgbm() -> Any:
    """Import LightGBM, which then says what it has to say in our log, not on the screen.

    Raises:
        RuntimeError: it cannot be imported.
    """
    try:
        library = importlib.import_module("lightgbm")
    except ModuleNotFoundError as error:
        raise RuntimeError(
            f"`model.family: trees` learns with LightGBM, and {error.name} is not installed:"
            " make setup, or pip install lightgbm"
        ) from error
    except OSError as error:
        raise RuntimeError(
            "`model.family: trees` learns with LightGBM, which cannot be loaded:"
            f" {error}. Install the OpenMP library. {INSTALL}"
        ) from error
    library.register_logger(_LOG)
    return library


def obstacle() -> tuple[str, str] | None:
    """Say why LightGBM cannot be loaded and what to do, without importing it; None if it can."""
    spec = importlib.util.find_spec("lightgbm")
    if spec is None or spec.origin is None:
        return "lightgbm is not installed", "make setup"
    try:
        for file in Path(spec.origin).parent.rglob("lib_lightgbm.*"):
            ctypes.CDLL(str(file))
    except OSError as error:
        return str(error), f"install the OpenMP library. {INSTALL}"
    return None
