"""The runtime's own packages, imported where a model is written or run."""

from __future__ import annotations

from typing import Any


def schema() -> Any:
    """Import the schema of TFLite's files.

    Raises:
        ModuleNotFoundError: with what to install.
    """
    try:
        from ai_edge_litert import schema_py_generated
    except ModuleNotFoundError as error:
        raise _missing() from error
    return schema_py_generated


def interpreter() -> Any:
    """Import what runs TFLite's files; raises as `schema`."""
    try:
        from ai_edge_litert import interpreter as module
    except ModuleNotFoundError as error:
        raise _missing() from error
    return module


def _missing() -> ModuleNotFoundError:
    return ModuleNotFoundError(
        "TFLite models are written and run with ai-edge-litert, which is not installed:"
        " pip install 'tfx-pipeline[formats]'"
    )
