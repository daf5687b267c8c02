"""`parity.json`: what an export was proven by, beside its files.

    {"model": …, "version": …, "made_by": …, "description": <SHA-256 of what was exported>,
     "formats": {"onnx": {"file": "model.onnx", "bytes": …, "verdict": "equal", "rows": …, …}}}

A file of which it does not say `equal` is not proven: an export that was killed leaves one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.export.exported import FormatReport
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.formats import FORMATS
from tfx_pipeline.storage import fileio
from tfx_pipeline.wording import listed

PARITY_FILE = "parity.json"
_OURS = {PARITY_FILE, *(each.file_name for each in FORMATS.values())}


def check_folder(folder: Path, digest: str) -> None:
    """Refuse a folder that is in use for something else; `digest` says which model is exported.

    Raises:
        ConfigError: it holds something else, or another model, or is none.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise _unusable(folder, "this is a file, not a folder")
    names = sorted(each.name for each in folder.iterdir())
    if others := [name for name in names if name not in _OURS]:
        raise _unusable(folder, "the folder holds something else", listed(others))
    if not names:
        return
    known = _content(folder)
    if known is None:
        raise _unusable(folder, f"no {PARITY_FILE} says of which model these are", listed(names))
    if known["description"] != digest:
        received = f"{known.get('model')} {known.get('version')}"
        raise _unusable(folder, "the folder holds the export of another model", received)


def write_parity(
    folder: Path, facts: ExportFacts, digest: str, reports: Collection[FormatReport]
) -> None:
    """Write the file; formats of an earlier export of the same model stay in it.

    Without a verdict of a format nothing is said of it.

    Raises:
        PlaceError: it cannot be written.
    """
    formats: dict[str, Any] = (_content(folder) or {}).get("formats", {})
    for each in reports:
        formats.pop(each.format, None)
        if each.verdict:
            formats[each.format] = _plain(each)
    content = {
        "model": facts.name,
        "version": facts.version,
        "made_by": facts.made_by,
        "description": digest,
        "formats": formats,
    }
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    fileio.write_bytes(str(folder / PARITY_FILE), f"{text}\n".encode())


def _content(folder: Path) -> dict[str, Any] | None:
    """Read the file; None: there is none that can be read."""
    try:
        content = json.loads((folder / PARITY_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_one = isinstance(content, dict) and isinstance(content.get("formats"), dict)
    return content if is_one and "description" in content else None


def _plain(report: FormatReport) -> Mapping[str, Any]:
    fields = {name: each for name, each in vars(report).items() if name not in ("format", "error")}
    return fields | ({"error": str(report.error)} if report.error else {})


def _unusable(folder: Path, what: str, received: str | None = None) -> ConfigError:
    allowed = "a folder that is not there yet, is empty, or holds an export of the same model"
    step = "name another folder by -o, or remove this one"
    problem = Problem(what, str(folder), received, allowed, step)
    return ConfigError([problem], "the export has no place")
