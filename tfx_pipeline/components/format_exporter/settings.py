"""What FormatExporter is told: formats, how they are proven, and what is said of the data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class ExportSettings:
    """Settings of the component; see `config.sections.export`.

    Attributes:
        model: its name.
        formats: that are written.
        eval_rows: that prove them, at most.
        hurting_rows: that are made to hurt.
        kinds: of TFLite.
        budget: what TFLite may cost, by name; what nobody asked for is not there.
        words: meaning and unit of a column, by its name.
        licence: of the data.
    """

    model: str
    formats: tuple[str, ...]
    eval_rows: int = 10_000
    hurting_rows: int = 2_000
    kinds: tuple[str, ...] = ("float32",)
    budget: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    licence: str = ""

    def to_json(self) -> str:
        """Write it as one text, for an execution property."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> ExportSettings:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        tuples = {name: tuple(values[name]) for name in ("formats", "kinds")}
        words = {name: (meaning, unit) for name, (meaning, unit) in values["words"].items()}
        return cls(**{**values, **tuples, "words": words})
