"""Cells that are made to hurt, for a column: each with a word on what is wrong with it.

Terms:
    cell: see `export.rows`: a number, or a text.
    hurt: what was done, for a person: "missing", "a boundary + 1 ulp".

Numbers nearer to 0 than the least normal one (1.2e-38) are left out: TensorFlow's threads take them
for 0, other threads of the same process may not, so the model itself has no one answer to them.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.parity.landmarks import Landmarks
from tfx_pipeline.export.rows import CELL_DTYPES
from tfx_pipeline.modules.description.columns import (
    AMBIGUOUS,
    FARTHEST_MOMENT,
    Column,
    MomentParse,
    NumberParse,
    Ranks,
)
from tfx_pipeline.modules.features.missing_marks import read_marks
from tfx_pipeline.modules.features.moment_style import ISO_8601
from tfx_pipeline.modules.features.number_style import read_style

Cell: TypeAlias = "tuple[float | str, str]"

_STEPS = {0: "", 1: " + 1 ulp", -1: " - 1 ulp", 2: " + 2 ulp", -2: " - 2 ulp"}
_INFINITE = (float("inf"), float("-inf"))
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_LAST_MOMENT_S = 6e10  # of some year 3871; before 1970 down to year 68
_OTHER_DIGITS = ("٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "०१२३४५६७८९")
_STRANGE = (
    *("(never seen)", "null", "None", "NaN", "nan", "0", "-1", "1e3", "0x10", "1,000", "true"),
    *("日本語", "Ünïcödé", "\u0130stanbul", "ß", "e\u0301", "\u00e9", "🚕🚖", "\u202eabc"),
    *("a\u200bb", "\u00a0", "\ufeffx", "a\tb", "a\nb", "a=b", "a%b", '"', "'", "<&>", "\\", ","),
    *("a\u0000b", "x" * 2_000, "word " * 200),
)
_MOMENTS = (
    *("2024-02-29", "2023-02-29", "1969-12-31 23:59:59", "2026-03-29T02:30:00", "9999-12-31"),
    *("2026-11-29T15:18:23.5+01:00", "2026-11-29T15:18:23Z", "0001-01-01", "24:00", "02/29/2023"),
)


def hurting_cells(column: Column, marks: Landmarks, real: NDArray[Any]) -> list[Cell]:
    """Make the cells of a column, each once; `real` are its cells of real rows, perhaps none."""
    if column.type == "string":
        cells = list(_texts(column, marks, [*dict.fromkeys(real.tolist())]))
    else:
        cells = list(_numbers(column, marks, np.asarray(real, np.float64)))
    different = {repr(cell): (cell, hurt) for cell, hurt in reversed(cells)}
    return list(reversed(different.values()))


def _numbers(column: Column, marks: Landmarks, real: NDArray[np.float64]) -> Iterator[Cell]:
    dtype = CELL_DTYPES[column.type]
    yield from ((number, "missing") for number in (float("nan"), *_INFINITE))
    for number in read_marks(column.marks).numbers:
        yield _as(dtype, number), "a mark of missing"
    yield from _extremes(dtype, real[np.isfinite(real)])
    for number in marks.numbers.tolist():
        for steps, words in _STEPS.items():
            yield _beside(dtype, number, steps), f"a boundary{words}"
    if column.type == "int64":
        yield from _whole(marks, real[np.isfinite(real)])
    for number in filter(None, map(_number_of, marks.names)):
        for other in (number, number + 1, number + 0.5, -number):
            yield _as(dtype, other), "at a name"


def _extremes(dtype: Any, seen: NDArray[np.float64]) -> Iterator[Cell]:
    """Give tiny and huge numbers, and some beyond those that were seen."""
    limits = np.finfo(dtype)
    for number in (0.0, -0.0, 1.0, -1.0, float(limits.tiny), -float(limits.tiny), 1e-30):
        yield _as(dtype, number), "tiny"
    for number in (1e9, 1e18, 1e30, float(limits.max)):
        yield _as(dtype, number), "huge"
        yield _as(dtype, -number), "huge"
    if len(seen):
        low, high = float(seen.min()), float(seen.max())
        yield _as(dtype, high + 2 * (high - low) + 1), "unseen"
        yield _as(dtype, low - 2 * (high - low) - 1), "unseen"


def _whole(marks: Landmarks, seen: NDArray[np.float64]) -> Iterator[Cell]:
    """Give cells of a column of whole numbers that are none, or that float64 cannot tell apart."""
    for number in (0.5, 1.5, 2.5, -0.5, 1e-9, 7.000000001):
        yield number, "a fraction"
    for number in (*seen[:20].tolist(), *marks.numbers[:200].tolist()):
        yield number + 0.5, "a fraction"
        yield number + 0.25, "a fraction"
    for number in (AMBIGUOUS, 2.0**31, 2.0**32, FARTHEST_MOMENT, 2.0**63, 2.0**64):
        for steps in (-1, 0, 1):
            near = _beside(np.float64, number, steps)
            yield near, "an ambiguous number"
            yield -near, "an ambiguous number"


def _texts(column: Column, marks: Landmarks, real: Sequence[str]) -> Iterator[Cell]:
    yield "", "missing"
    for mark in column.marks:
        for text in (mark, f" {mark} ", mark.lower()):
            yield text, "a mark of missing"
    for text in _STRANGE:
        yield text, "unseen"
    if isinstance(column.parse, NumberParse | MomentParse):
        yield from _unparsed(column, marks)
    known = [*marks.names, *real]
    if isinstance(column.parse, Ranks):
        known = [*column.parse.values, *known]
    for text in dict.fromkeys(known):
        yield text, "known"
        yield from _disguised(text)


def _disguised(text: str) -> Iterator[Cell]:
    """Give texts that a person would take for the same."""
    for other in (text.lower(), text.upper(), text.swapcase(), text.title()):
        if other != text:
            yield other, "wrong case"
    for other in (f" {text}", f"{text} ", f"\t{text}\n", f"\u00a0{text}", text.strip()):
        if other != text:
            yield other, "blanks around"
    for form in ("NFC", "NFD", "NFKC"):
        other = unicodedata.normalize(form, text)
        if other != text:
            yield other, "other unicode"
    if any(digit in "0123456789" for digit in text):
        for digits in _OTHER_DIGITS:
            yield text.translate(str.maketrans("0123456789", digits)), "other digits"
    yield f"{text}{text}", "unseen"
    yield text[:-1], "cut"


def _unparsed(column: Column, marks: Landmarks) -> Iterator[Cell]:
    """Give texts that are numbers or moments, and some that nearly are."""
    if isinstance(column.parse, MomentParse):
        for text in _MOMENTS:
            yield text, "a moment"
        yield from _written_moments(column.parse, marks)
        return
    assert isinstance(column.parse, NumberParse)
    example = column.parse.example
    yield from ((text, "a number") for text in (example, f"-{example}", f"({example})"))
    point = read_style(example).decimal
    for number in marks.numbers[:400].tolist():
        for steps in (-1, 0, 1):
            yield repr(_beside(np.float64, number, steps)).replace(".", point), "a boundary"
    for text in ("1e308", "-1e308", "1e-308", "9" * 40, "1..2", "1e", "--1", "+5", "1 000", "½"):
        yield text, "nearly a number"


def _written_moments(parse: MomentParse, marks: Landmarks) -> Iterator[Cell]:
    """Write moments, and a second before and behind, by the column's pattern."""
    pattern = "%Y-%m-%dT%H:%M:%S" if parse.pattern == ISO_8601 else parse.pattern
    seconds = marks.numbers[np.abs(marks.numbers) < _LAST_MOMENT_S]
    for number in seconds.astype(int).tolist():
        for step in (-1, 0, 1):
            moment = _EPOCH + datetime.timedelta(seconds=number + step)
            yield moment.strftime(pattern), "a moment"


def _number_of(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None


def _as(dtype: Any, number: float) -> float:
    with np.errstate(over="ignore"):
        return _normal(dtype, float(dtype(number)))


def _beside(dtype: Any, number: float, steps: int) -> float:
    """Give the float of this type that is so many before or behind the nearest one."""
    with np.errstate(over="ignore"):
        near = dtype(number)
        for _ in range(abs(steps)):
            near = np.nextafter(near, dtype(np.copysign(np.inf, steps)))
    return _normal(dtype, float(near))


def _normal(dtype: Any, number: float) -> float:
    """Give the least normal number of its sign instead of one that is nearer to 0."""
    least = float(np.finfo(dtype).tiny)
    return float(np.copysign(least, number)) if 0 < abs(number) < least else number
