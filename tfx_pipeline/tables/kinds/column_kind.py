"""One column: what it holds, and what kind of feature follows."""

from __future__ import annotations

import numpy as np

from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.kinds import names
from tfx_pipeline.tables.kinds.categories import guess_names, without_marks
from tfx_pipeline.tables.kinds.guess import Guess
from tfx_pipeline.tables.kinds.moments import guess_moments, guess_packed
from tfx_pipeline.tables.kinds.number_texts import guess_number_texts
from tfx_pipeline.tables.kinds.numbers import guess_numbers
from tfx_pipeline.tables.kinds.ordered import guess_ordered
from tfx_pipeline.tables.plan import ColumnPlan
from tfx_pipeline.wording import counted, percent

_FEWEST_KNOWN = 5
_MOSTLY_MISSING = 0.995


def plan_column(column: ColumnSample) -> ColumnPlan:
    """Decide about a column that is a feature, unless it says nothing."""
    if guess := _says_nothing(column):
        return guess.plan(column)
    if column.numbers is None:
        marks = sum(without_marks(column)[2].values())
        return guess_texts(column).plan(column, column.missing + marks)
    if guess := guess_packed(column):
        return guess.plan(column)
    if why := _why_codes(column):
        return guess_names(column, why).plan(column)
    guess = guess_numbers(column)
    return guess.plan(column)


def guess_texts(column: ColumnSample) -> Guess:
    """Say what a column of texts is."""
    return (
        guess_ordered(column)
        or guess_moments(column)
        or guess_number_texts(column)
        or guess_names(column)
    )


def _says_nothing(column: ColumnSample) -> Guess | None:
    known = column.rows - column.missing
    if not known:
        return Guess("nothing", None, "all cells are empty")
    if column.distinct == 1:
        what = column.counted[0][0]
        if known == column.rows:
            return Guess(f"always `{what}`", None, f"the same in all rows: `{what}`")
        if min(known, column.missing) < max(_FEWEST_KNOWN, 0.001 * column.rows):
            reason = f"`{what}` in {counted(known, 'row')}, empty in {column.missing:,}"
            return Guess(f"`{what}` or nothing", None, reason)
    is_scarce = known < _FEWEST_KNOWN and column.rows > 20
    if is_scarce or known / column.rows < 1 - _MOSTLY_MISSING:
        share = percent(column.missing / column.rows)
        return Guess("nearly nothing", None, f"{share} of the cells are empty")
    if column.rows >= 1000:
        counts = column.counted_numbers[1] if column.numbers is not None else column.counted[1]
        others = known - int(np.max(counts))
        if 0 < others < _FEWEST_KNOWN and known == column.rows:
            reason = f"the same in all rows but {others}"
            return Guess("nearly always the same", None, reason)
    return None


def _why_codes(column: ColumnSample) -> str:
    """Say why the numbers of a column are names; empty: they are numbers."""
    values, counts = column.counted_numbers
    if not (values == np.floor(values)).all() or names.calendar_values(column.name):
        return ""
    if column.has_leading_zeros:
        return "numbers with leading zeros are names"
    if len(values) > 0.95 * counts.sum() and counts.sum() >= 20:
        return ""  # an id, or numbers that are all different
    if names.names_a_code(column.name, len(values)) and len(values) > 2:
        return "its name says that the numbers are codes"
    distinct = len(values)
    is_dense = values[0] >= 0 and values[-1] < 2 * distinct and 12 < distinct <= 100
    if is_dense and "area" in names.words_of(column.name):
        return "its name and its values say that the numbers are codes"
    return ""
