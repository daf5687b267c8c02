"""What came of an export that stands between a model and its push: as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.storage.local_files import write_json

EXPORT_FILE = "export.json"
"""Beside the folder of the formats, and beside the blessing: `ExportVerdict` as JSON."""


@dataclass(frozen=True)
class ExportedFormat:
    """A format that was asked for; fields as in `exported.FormatReport`.

    Of a kind of TFLite that is judged by its metrics, the largest difference is that of real rows.
    """

    format: str
    file: str = ""
    bytes: int = 0
    verdict: str = "equal"
    rows: int = 0
    real_rows: int = 0
    largest_difference: float = 0.0
    limit: float = 0.0
    runtime: str = ""
    runtime_version: str = ""
    p50_ms: float = 0.0
    kind: str = ""
    losses: Mapping[str, Sequence[float]] = field(default_factory=dict)
    unsteady_rows: int = 0

    @property
    def name(self) -> str:
        """As people call it: with the kind that was chosen, where there was a choice."""
        return f"{self.format} {self.kind}".strip()

    @property
    def compared_rows(self) -> int:
        """Rows that the largest difference is of."""
        return (self.real_rows if self.verdict == "close" else self.rows) - self.unsteady_rows


@dataclass(frozen=True)
class ExportVerdict:
    """Whether all formats answer as the model does.

    Attributes:
        blessed: whether they do.
        formats: in the order of the configuration.
        refusals: why the model is not pushed; no cell of a row is in them.
        worst_rows: that differ most, raw and transformed: for who may see the table.
        note: why nothing was exported; "": it was.
    """

    blessed: bool
    formats: tuple[ExportedFormat, ...] = ()
    refusals: tuple[Problem, ...] = ()
    worst_rows: tuple[Problem, ...] = ()
    note: str = ""

    def write(self, folder: Path) -> None:
        """Write it."""
        write_json(folder / EXPORT_FILE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> ExportVerdict:
        """Read what `write` wrote.

        Raises:
            FileNotFoundError: there is none.
            ValueError: it is something else.
        """
        return cls.parse((folder / EXPORT_FILE).read_bytes())

    @classmethod
    def parse(cls, content: str | bytes) -> ExportVerdict:
        """Read the content of the file.

        Raises:
            ValueError: it is something else.
        """
        try:
            values = json.loads(content)
            formats = tuple(ExportedFormat(**each) for each in values["formats"])
            refusals, worst_rows = (
                tuple(Problem(**each) for each in values[name])
                for name in ("refusals", "worst_rows")
            )
            note = str(values["note"])
            return cls(bool(values["blessed"]), formats, refusals, worst_rows, note)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not what came of an export: {error}") from error
