"""What became of each row that was read: the account that has to be even."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tfx_pipeline.errors import DataError, Problem

ROW_COUNTS = "row_counts"
"""Custom property of an Examples artifact: `RowCounts` as JSON."""


@dataclass(frozen=True)
class RowCounts:
    """Rows of a table.

    Attributes:
        read: rows of all files; blank lines are none.
        dropped: of these, without a label, or dropped by its rule.
        quarantined: of these, put aside since their values were refused.
        splits: of these, in each split.
    """

    read: int
    dropped: int = 0
    quarantined: int = 0
    splits: Mapping[str, int] = field(default_factory=dict)

    @property
    def accounted(self) -> int:
        """Rows of which it is known where they are."""
        return self.dropped + self.quarantined + sum(self.splits.values())

    def check(self) -> None:
        """Make sure that no row was lost, and none counted twice.

        Raises:
            DataError: `read` is not the sum of the others.
        """
        if self.read != self.accounted:
            problem = Problem(
                "rows were lost, or counted twice",
                received=str(self),
                allowed="read = splits + quarantined + dropped",
                next_step="run CsvExampleGen again: --from CsvExampleGen --no-cache",
            )
            raise DataError([problem], "the rows do not add up")

    def to_json(self) -> str:
        """Write it in one line."""
        return json.dumps(
            {
                "read": self.read,
                "dropped": self.dropped,
                "quarantined": self.quarantined,
                "splits": dict(self.splits),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> RowCounts:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is none.
        """
        values: Any = json.loads(text)
        try:
            splits = {str(name): int(count) for name, count in values["splits"].items()}
            read, dropped, quarantined = values["read"], values["dropped"], values["quarantined"]
            return cls(int(read), int(dropped), int(quarantined), splits)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no account of rows: {text[:200]}") from error

    def __str__(self) -> str:
        parts = [f"{name} {count:,}" for name, count in self.splits.items()]
        parts += [f"quarantined {self.quarantined:,}"] if self.quarantined else []
        parts += [f"dropped {self.dropped:,}"] if self.dropped else []
        sign = "=" if self.read == self.accounted else "≠"
        return f"read {self.read:,} {sign} {' + '.join(parts) or 'nothing'}"


def rows_of_splits(examples: Iterable[Any], splits: Iterable[str]) -> int | None:
    """Count the rows of these splits in Examples artifacts; None: one of them does not say it."""
    counts = [each.get_string_custom_property(ROW_COUNTS) for each in examples]
    if not all(counts):
        return None
    names = set(splits)
    known = [RowCounts.from_json(text).splits for text in counts]
    return sum(rows for each in known for name, rows in each.items() if name in names)
