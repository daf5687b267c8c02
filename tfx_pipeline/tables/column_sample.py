"""One column of the rows that are looked at, as numbers and as different texts.

Terms:
    mark: a text that stands for a missing value: `?`, `N/A`.
    known: rows with a value, neither empty nor a mark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.columns.number_text import MISSING_MARKS
from tfx_pipeline.ingestion.reading.arrow_arrays import codes_of, missing_of, numbers_of, strings
from tfx_pipeline.ingestion.reading.parquet import as_texts, is_text

HARD_MARKS = frozenset(MISSING_MARKS) | frozenset(
    {"n.a.", "N.A.", "#NA", "#N/A N/A", "#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "-nan"}
    | {"-NaN", "NIL", "nil", "(null)", "(NULL)", "<NULL>", "<null>", "NaT", "??", "???", "---"}
    | {"…", "...", "..", "*", "–", "—", "no data", "No data", "not available", "Not available"}
    | {"Not Available", "missing", "Missing", "MISSING", "undefined", "Undefined", "(blank)"}
)
"""Texts that can hardly mean anything but a missing value among numbers."""
NAMED_MARKS = HARD_MARKS - {"None", "none", "NIL", "nil", "."}
"""Those that mean it among names, too: `None` may be an answer there."""
SOFT_MARKS = frozenset(
    {"unknown", "Unknown", "UNKNOWN", "none", "None", "NONE", "not applicable", "Not applicable"}
    | {"Not Applicable", "unspecified", "Unspecified", "not known", "Not known", "other", "Other"}
    | {"x", "X", "tbd", "TBD", "n/k", "N/K", "not reported", "Not reported", "refused", "Refused"}
)
"""Texts that mean a missing value among numbers; among names they may be an answer."""
_LEADING_ZERO = r"^[+-]?0[0-9]"


class ColumnSample:
    """The cells of a column.

    Args:
        name: from the header.
        chunks: as `RowBlock` has them.
        mark: what stands before fractions that are written as texts.

    Attributes:
        name: from the header.
        chunks: see above.
        rows: how many there are.
        is_stored: the source itself has numbers, and no texts.
    """

    def __init__(self, name: str, chunks: Sequence[Any], mark: str = ".") -> None:
        self.name = name
        self.chunks, self._mark = list(chunks), mark
        self.rows = sum(len(chunk) for chunk in chunks)
        self.is_stored = not any(is_text(chunk) for chunk in chunks)

    @cached_property
    def _read(self) -> tuple[NDArray[np.float64], dict[str, int]] | None:
        """The numbers, and the rows of each mark; None: some cells are neither."""
        parts, marks = [], Counter[str]()
        for chunk in self.chunks:
            if not is_text(chunk):
                found = numbers_of(chunk).astype(np.float64)
                found[missing_of(chunk)] = np.nan
                for word, infinite in (("inf", np.inf), ("-inf", -np.inf)):
                    if count := int((found == infinite).sum()):
                        marks[word] += count
                found[np.isinf(found)] = np.nan
                parts.append(found)
                continue
            read = _read_texts(chunk.dictionary)
            if read is None:
                return None
            values, words = read
            codes = codes_of(chunk)
            parts.append(np.append(values, np.nan)[codes])
            if words:
                counts = np.bincount(codes[codes >= 0], minlength=len(values))
                marks.update({word: int(counts[place]) for place, word in words.items()})
        numbers = np.concatenate(parts)
        return (numbers, dict(marks)) if np.isfinite(numbers).any() else None

    @property
    def numbers(self) -> NDArray[np.float64] | None:
        """`[rows]`, NaN where missing or a mark; None: some cells are no numbers."""
        return self._read[0] if self._read else None

    @property
    def marks(self) -> dict[str, int]:
        """Rows of each mark in a column whose other cells are all numbers."""
        return self._read[1] if self._read else {}

    @cached_property
    def has_leading_zeros(self) -> bool:
        """Whether some number is written like `007`."""
        import pyarrow.compute as pc

        return any(
            bool(pc.any(pc.match_substring_regex(chunk.dictionary, _LEADING_ZERO)).as_py())
            for chunk in self.chunks
            if is_text(chunk) and len(chunk.dictionary)
        )

    @cached_property
    def coded(self) -> tuple[NDArray[np.int64], list[str]]:
        """Places of the cells among different texts, -1 where empty or blank; and these texts."""
        places: dict[str, int] = {}
        parts = []
        for chunk in self.chunks:
            texts = as_texts(chunk, self._mark)
            new = [
                places.setdefault(x, len(places)) if x.strip() else -1
                for x in texts.dictionary.to_pylist()
            ]
            parts.append(np.array([*new, -1], np.int64)[codes_of(texts)])
        return np.concatenate(parts) if parts else np.zeros(0, np.int64), list(places)

    @cached_property
    def counted(self) -> tuple[list[str], NDArray[np.int64]]:
        """Different texts, the most frequent first, and the rows of each."""
        codes, texts = self.coded
        counts = np.bincount(codes[codes >= 0], minlength=len(texts))
        order = np.argsort(-counts, kind="stable")
        return [texts[place] for place in order], counts[order]

    @cached_property
    def counted_numbers(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Different numbers, ascending, and the rows of each."""
        assert self.numbers is not None
        values, counts = np.unique(self.numbers[~np.isnan(self.numbers)], return_counts=True)
        return values, counts

    @property
    def distinct(self) -> int:
        """Number of different values."""
        if self.numbers is not None:
            return len(self.counted_numbers[0])
        return len(self.counted[0])

    @cached_property
    def missing(self) -> int:
        """Rows without a value: empty ones, and of numbers the marks too."""
        if self.numbers is not None:
            return int(np.isnan(self.numbers).sum())
        return int((self.coded[0] < 0).sum())


def _read_texts(texts: Any) -> tuple[NDArray[np.float64], dict[int, str]] | None:
    """Read different texts as numbers, others as NaN, and give the marks by their places.

    None: one is neither a number, nor a mark, nor blank.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found = numbers_of(pc.cast(texts, pa.float64()))
        if np.isfinite(found).all():
            return found, {}
    except pa.ArrowInvalid:
        pass
    trimmed = pc.utf8_trim_whitespace(texts)
    marks = strings(sorted(HARD_MARKS | SOFT_MARKS | {""}))
    is_mark = pc.is_in(trimmed, value_set=marks)
    try:
        read = pc.cast(pc.if_else(is_mark, pa.scalar(None, pa.string()), trimmed), pa.float64())
    except pa.ArrowInvalid:
        return None
    values = np.where(missing_of(read) | ~np.isfinite(numbers_of(read)), np.nan, numbers_of(read))
    words = {int(place): texts[int(place)].as_py() for place in np.flatnonzero(np.isnan(values))}
    return values, {place: word for place, word in words.items() if word.strip()}
