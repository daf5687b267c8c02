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
    """Find the pipeline root in an IR file, whichever version made it."""
    try:
        document = json.loads(read_bytes(ir))
    except (PlaceError, ValueError):
        return None
    if not isinstance(document, dict):
        return None
    return root_in(document.get("pipeline", document))
