"""The cells that labels follow from: kept as different texts and codes, and read as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.columns.number_text import MISSING_MARKS
from tfx_pipeline.ingestion.columns.types import ColumnPlan
from tfx_pipeline.ingestion.reading.arrow_arrays import codes_of
from tfx_pipeline.modules.label_rule.arithmetic import as_decimals

Numbers: TypeAlias = NDArray[Any]


@dataclass(frozen=True)
class LabelBlock:
    """Successive rows of a file, of the columns that labels follow from.

    Attributes:
        path: the file.
        indices: of their records in the file.
        start: number of rows of the file before them.
        texts: by column, `dictionary<int32, string>` of Arrow: 3 million rows as texts of Python
            would not do.
    """

    path: Path
    indices: Sequence[int] | NDArray[np.int64]
    start: int
    texts: Mapping[str, Any]


class LabelCells:
    """The cells of a block, read as the plans of their columns say.

    Attributes:
        missing: `[rows] bool`, where one of them is.
    """

    def __init__(self, block: LabelBlock, plans: Mapping[str, ColumnPlan]) -> None:
        self._block, self._plans = block, plans
        self._values: dict[str, list[str]] = {}
        self._codes: dict[str, NDArray[np.int32]] = {}
        self.missing = np.zeros(len(block.indices), bool)
        for name, column in block.texts.items():
            # The last value is that of cells that are empty, whose code is -1.
            values = [*_present(column.dictionary.to_pylist(), plans[name]), ""]
            self._values[name], self._codes[name] = values, codes_of(column)
            self.missing |= np.array([value == "" for value in values])[self._codes[name]]

    def distinct(self, name: str) -> tuple[list[str], NDArray[np.int32]]:
        """Give the different cells of a column, and the place of each row's among them."""
        return self._values[name], self._codes[name]

    def texts(self, name: str) -> Numbers:
        """Give a column as texts, "" where missing: `[rows] object`."""
        return np.array(self._values[name], object)[self._codes[name]]

    def names(self, name: str) -> Numbers:
        """Give a column as the transform graph writes it where it is compared with text."""
        plan = self._plans[name]
        if plan.type == "string":
            return self.texts(name)
        names = [as_name(x, plan) if x else x for x in self._values[name]]
        return np.array(names, object)[self._codes[name]]

    def numbers(self, name: str) -> tuple[Numbers, Numbers]:
        """Read a column as 64-bit floats, NaN where missing: as written, and as stored."""
        plan, codes = self._plans[name], self._codes[name]
        written = read_numbers(self._values[name], plan)
        return written[codes], _as_stored(written, plan)[codes]

    def cells(self, where: NDArray[np.bool_], most: int | None = None) -> list[Cell]:
        """Name rows by what their label follows from, the first of them or all."""
        found = []
        for row in np.flatnonzero(where)[:most]:
            values = {name: self._values[name][codes[row]] for name, codes in self._codes.items()}
            text = next(iter(values.values()))
            if len(values) > 1:
                text = ", ".join(f"{name} = {x}" for name, x in values.items())
            found.append(Cell(self._block.path, int(self._block.indices[row]), text))
        return found


def _present(texts: Sequence[str], plan: ColumnPlan) -> list[str]:
    """Give cells without blanks around numbers, and "" for whatever means missing."""
    if plan.is_number:
        texts = [text.strip() for text in texts]
        return ["" if text in MISSING_MARKS else text for text in texts]
    return [text if text.strip() else "" for text in texts]


def read_numbers(texts: Sequence[str], plan: ColumnPlan) -> Numbers:
    """Read numbers to 64 bits: `[texts]`, NaN where missing."""
    plain = plan.style.plain
    return np.array([float(plain(text)) if text else np.nan for text in texts], np.float64)


def as_name(text: str, plan: ColumnPlan) -> str:
    """Write a number as the transform graph does where it is a name, see `RawColumns.texts`."""
    plain = plan.style.plain(text)
    if plan.type == "int64":
        return str(int(plain.partition(".")[0]))
    with np.errstate(over="ignore"):
        number = np.float32(plain)
    if number == np.floor(number) and abs(number) < 2.0**63:
        return str(int(number))
    shorter = (f"{float(number):.{digits}g}" for digits in range(6, 9))
    return next((x for x in shorter if np.float32(x) == number), f"{float(number):.9g}")


def _as_stored(numbers: Numbers, plan: ColumnPlan) -> Numbers:
    """Give what the transform graph takes for these numbers, see `label_rule.arithmetic`."""
    if plan.type != "float32":
        return numbers
    with np.errstate(over="ignore"):
        return np.asarray(as_decimals(numbers.astype(np.float32)))
