"""Notes of a training, as a file beside its log: what stops nothing and should be known.

Read without TensorFlow by whoever shows what came of a run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.storage import fileio

_NAME = "notes.json"
_LEARNED = "assets.extra/learned.json"


@dataclass(frozen=True)
class Note:
    """A sentence, and the keys of the place in the configuration that it is about."""

    text: str
    keys: tuple[str, ...]


def write_notes(folder: str, notes: Sequence[Note]) -> None:
    """Write notes into the folder, or URI, of the artifact `model_run`, whole or not at all."""
    content = json.dumps([asdict(note) for note in notes], indent=1)
    fileio.write_bytes(fileio.join(folder, _NAME), content.encode())


def read_notes(folder: Path) -> list[Note]:
    """Read the notes in the folder of the artifact `model_run`; none where nobody wrote any."""
    file = folder / _NAME
    if not file.exists():
        return []
    content = json.loads(file.read_text(encoding="utf-8"))
    return [Note(note["text"], tuple(note["keys"])) for note in content]


def write_learned(model_directory: str, learned: Mapping[str, Any]) -> None:
    """Write what was learned (see `learner.Fitted.notes`) into a model's folder, or URI."""
    place = fileio.join(model_directory, _LEARNED)
    fileio.write_bytes(place, json.dumps(learned, indent=1).encode())


def read_learned(model_directory: str) -> dict[str, Any]:
    """Read what `write_learned` wrote; nothing of a model that carries none."""
    place = fileio.join(model_directory, _LEARNED)
    return json.loads(fileio.read_bytes(place)) if fileio.exists(place) else {}
