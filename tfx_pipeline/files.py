"""Writing files so that any reader can read them, and meets the old or the new, never a part."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def to_json(values: Any) -> str:
    """Write values as JSON for any reader: NaN and infinities as null, unknown types as text."""
    return json.dumps(_finite(values), indent=1, default=str, allow_nan=False)


def _finite(values: Any) -> Any:
    if isinstance(values, float):
        return values if math.isfinite(values) else None
    if isinstance(values, Mapping):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_finite(value) for value in values]
    return values


def write_atomically(file: Path, content: str | bytes) -> None:
    """Write text or bytes aside, force them to disk, and rename them into place."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with aside.open("wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)
