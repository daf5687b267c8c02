"""Where a compiled pipeline's artifacts go, read from its text; nothing is imported for that."""

from __future__ import annotations

import json
from typing import Any

from tfx_pipeline.storage.fileio import PlaceError, read_bytes


def root_in(pipeline: Any) -> str | None:
    """Find the pipeline root in an IR as JSON; none: it is no IR, or names none."""
    try:
        root = pipeline["runtimeSpec"]["pipelineRoot"]
        value = root.get("fieldValue") or root["runtimeParameter"]["defaultValue"]
        return str(value["stringValue"])
    except (AttributeError, KeyError, TypeError):
        return None


def root_of(ir: str) -> str | None:
    """Find the pipeline root of an IR file, whichever version made it, and though it is gone."""
    try:
        document = json.loads(read_bytes(ir))
    except (PlaceError, ValueError):
        return root_above(ir)
    if not isinstance(document, dict):
        return root_above(ir)
    return root_in(document.get("pipeline", document)) or root_above(ir)


def root_above(ir: str) -> str | None:
    """Give the pipeline root by the place of an IR file, if it is as uploaded: `<root>/ir/FILE`."""
    folder, _, _ = ir.rpartition("/")
    root, _, name = folder.rpartition("/")
    return root if root and name == "ir" else None
