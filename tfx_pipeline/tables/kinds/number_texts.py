"""Columns of numbers that are written with currency, unit, percent or marks between thousands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.reading.arrow_arrays import strings
from tfx_pipeline.modules.features.number_style import NumberStyle, numbers_of, read_style
from tfx_pipeline.tables.column_sample import SOFT_MARKS, ColumnSample
from tfx_pipeline.tables.kinds.categories import without_marks
from tfx_pipeline.tables.kinds.guess import Guess
from tfx_pipeline.tables.kinds.missing_words import missing_feature
from tfx_pipeline.tables.kinds.names import words
from tfx_pipeline.tables.kinds.numbers import Numbers, sizes_of

_CURRENCIES = words(
    "usd eur gbp chf jpy cny inr aud cad nzd hkd sgd sek nok dkk pln czk huf brl mxn zar krw rub"
    " try us$ a$ c$ ca$ au$ nz$ hk$ s$ r$ r kr kr. rs rs. rm fr. sfr tl dm"
)
_WORDS = words("about approx approx. ca ca. circa over under up to from")
_HAS_DIGIT = re.compile(r"\d")
_LOOKED_AT = 5000
_EXAMPLES = 40
_SHARE = 0.98
_FEWEST_NUMBERS = 3
_MOST_WORDS = 10


@dataclass(frozen=True)
class ReadTexts:
    """Texts read by one style: `values` `[texts]`, NaN where one is no number."""

    example: str
    style: NumberStyle
    values: NDArray[np.float64]


def guess_number_texts(column: ColumnSample) -> Guess | None:
    """Say that a column of texts holds numbers, if one style reads nearly all of them."""
    texts, counts, marks = without_marks(column)
    if not any(_HAS_DIGIT.search(text) for text in texts[:5]):
        return None
    texts, counts = texts[:_LOOKED_AT], counts[:_LOOKED_AT]
    read = _best(texts, counts)
    if read is None:
        return None
    is_read = ~np.isnan(read.values)
    others = [text for text, known in zip(texts, is_read, strict=True) if not known]
    if (
        counts[is_read].sum() < _SHARE * counts.sum()
        and not set(map(str.strip, others)) <= SOFT_MARKS
    ):
        return None
    values, places = np.unique(read.values[is_read], return_inverse=True)
    if len(values) < _FEWEST_NUMBERS or len(others) > _MOST_WORDS:
        return None
    rows = np.bincount(places.reshape(-1), counts[is_read]).astype(np.int64)
    guess = sizes_of(Numbers(values, rows, {}))
    example = read.example
    assert guess.feature is not None
    feature: dict[str, object] = {"kind": "numeric", "parse": example}
    feature |= {key: value for key, value in guess.feature.items() if key != "kind"}
    reason = f"numbers written as `{example}`; {guess.reason}"
    known = dict(zip(texts, counts.tolist(), strict=True)) | marks
    feature, reason = missing_feature(feature, reason, [*marks, *others], known)
    statistics = {**guess.statistics, "examples": texts[:5]}
    return replace(
        guess,
        meaning=f"{guess.meaning}, written as `{example}`",
        feature=feature,
        reason=reason,
        alternatives=(),
        statistics=statistics,
    )


def _best(texts: Sequence[str], counts: NDArray[np.int64]) -> ReadTexts | None:
    """Find the example whose style reads most rows; the shortest such style of equals."""
    with_digits = [text for text in texts if _HAS_DIGIT.search(text)]
    shown = sorted(with_digits[:200], key=lambda text: (-_marks_of(text), len(text), text))
    candidates = [*shown[:_EXAMPLES], *with_digits[:5]]
    tried: dict[NumberStyle, str] = {}
    for example in candidates:
        try:
            style = read_style(example.strip())
        except ValueError:
            continue
        if _is_plausible(style):
            tried.setdefault(style, example.strip())
    array = strings(texts)
    best, most = None, 0
    for style, example in tried.items():
        values = numbers_of(array, style)
        rows = int(counts[~np.isnan(values)].sum())
        if rows > most:
            best, most = ReadTexts(example, style, values), rows
    return best


def _marks_of(text: str) -> int:
    """Count what an example should show: marks, signs, affixes."""
    return len(set(re.sub(r"[0-9\s-]", "", text)))


def _is_plausible(style: NumberStyle) -> bool:
    """Refuse words before a number that are names: `shop 17`."""
    before = style.before.lower().strip()
    is_name = any(letter.isalpha() for letter in before)
    if is_name and before not in _CURRENCIES | _WORDS:
        return False
    return len(style.after) <= 20
