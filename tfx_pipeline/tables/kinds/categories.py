"""Columns of names: few of them, many, one a row; and free text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.tables.column_sample import NAMED_MARKS, ColumnSample
from tfx_pipeline.tables.kinds import names
from tfx_pipeline.tables.kinds.guess import Guess
from tfx_pipeline.tables.kinds.missing_words import missing_feature
from tfx_pipeline.tables.plan import Alternative
from tfx_pipeline.wording import counted, percent, shortened

_MANY = 50
"""Categories from which on the label's average stands for each as well."""
_MOST = 1000
_RARE = 5
_FEWEST_OF_EACH = 3
_ID_SHARE = 0.95
_TEXT_SHARE = 0.3
_PHRASE_SHARE, _PHRASE_WORDS = 0.5, 1.7
_TEXT_WORDS = 3.0
_LOOKED_AT = 2000
_TEXTS_OF_WORD, _FEWEST_WORDS, _MOST_WORDS = 20, 50, 300
"""Different texts to a word of the vocabulary, whose vector is dense; and its limits."""
_TRUTHS = (
    {"yes", "no"},
    {"y", "n"},
    {"true", "false"},
    {"t", "f"},
    {"on", "off"},
    {"ja", "nein"},
    {"oui", "non"},
    {"si", "no"},
    {"sí", "no"},
)
_COUNTRY = re.compile(r"[A-Z]{2}")


def without_marks(column: ColumnSample) -> tuple[list[str], NDArray[np.int64], dict[str, int]]:
    """Give the names of a column, the most frequent first, their rows, and the marks among them."""
    texts, counts = column.counted
    marks = {
        text: int(count)
        for text, count in zip(texts, counts, strict=True)
        if text.strip() in NAMED_MARKS
    }
    others = [text for text in texts if text not in marks]
    if "NA" in marks and len(others) > 20 and all(map(_COUNTRY.fullmatch, others)):
        marks.pop("NA")  # Namibia
        others = [text for text in texts if text not in marks]
    if not others:
        return texts, counts, {}
    kept = np.array([text not in marks for text in texts], bool)
    return others, counts[kept], marks


def guess_names(column: ColumnSample, why: str = "") -> Guess:
    """Say what a column of texts is; `why` it is one of names, though its cells are numbers."""
    texts, counts, marks = without_marks(column)
    known, distinct = int(counts.sum()), len(texts)
    statistics: dict[str, object] = {"examples": [shortened(text, 60) for text in texts[:5]]}
    share = distinct / max(known, 1)
    words = float(np.mean([len(text.split()) for text in _some(texts)]))
    is_id = share >= _ID_SHARE and known >= 20
    if not why and not (is_id and names.names_an_id(column.name)):
        if words >= _TEXT_WORDS and share > _TEXT_SHARE and distinct > 20:
            return _free_text(texts, words, distinct, statistics, marks)
        repeated = _repeated_words(texts) if share > _PHRASE_SHARE else []
        if repeated and (is_id or words >= _PHRASE_WORDS):
            return _repeating(share, texts, repeated, statistics, marks)
    if is_id:
        what = "an id" if words < 2 else "a name"
        reason = f"{what}: {percent(share)} of the rows have a value of their own"
        meaning = f"{counted(distinct, 'different text')}, such as `{shortened(texts[0], 40)}`"
        return Guess(meaning, None, reason, statistics=statistics)
    return _categories(column, texts, counts, why, statistics, marks)


def _some(texts: Sequence[str]) -> Sequence[str]:
    step = max(1, len(texts) // _LOOKED_AT)
    return texts[::step]


def _free_text(
    texts: Sequence[str],
    words: float,
    distinct: int,
    statistics: dict[str, object],
    marks: dict[str, int],
) -> Guess:
    reason = f"free text: {words:.0f} words on average, {counted(distinct, 'different text')}"
    meaning = f"text of about {words:.0f} words"
    return _words(meaning, reason, texts, statistics, marks)


def _repeating(
    share: float,
    texts: Sequence[str],
    repeated: list[str],
    statistics: dict[str, object],
    marks: dict[str, int],
) -> Guess:
    shown = ", ".join(f"`{word}`" for word in repeated[:3])
    reason = f"{percent(share)} of the texts are different, but words such as {shown} come again"
    return _words("short texts", reason, texts, statistics, marks)


def _words(
    meaning: str,
    reason: str,
    texts: Sequence[str],
    statistics: dict[str, object],
    marks: dict[str, int],
) -> Guess:
    """Take the words of texts: the more, the more texts there are to learn them from."""
    width = int(np.clip(len(texts) // _TEXTS_OF_WORD, _FEWEST_WORDS, _MOST_WORDS))
    setting = {"kind": "text", "max_vocabulary": width, "weights": "tfidf"}
    feature, reason = missing_feature(setting, reason, list(marks), marks)
    hashed: dict[str, object] = {"kind": "text", "hash_buckets": 2 * width, "ngrams": 2}
    hashed["weights"] = "tfidf"
    other = Alternative(hashed, "for pairs of words, and words never seen")
    return Guess(meaning, feature, reason, (other,), statistics)


def _repeated_words(texts: Sequence[str]) -> list[str]:
    """Find words that come in at least 3 % of the texts, and not in nearly all of them."""
    some = _some(texts)
    count = Counter(word for text in some for word in set(text.split()))
    found = [
        (rows, word)
        for word, rows in count.items()
        if 0.03 * len(some) <= rows <= 0.9 * len(some) and len(word) > 1 and rows >= 5
    ]
    found.sort(key=lambda pair: (-pair[0], pair[1]))
    return [word for _, word in found] if len(found) >= 3 else []


def _categories(
    column: ColumnSample,
    texts: Sequence[str],
    counts: NDArray[np.int64],
    why: str,
    statistics: dict[str, object],
    marks: dict[str, int],
) -> Guess:
    distinct, known = len(texts), int(counts.sum())
    feature: dict[str, object] = {"kind": "categorical"}
    alternatives: list[Alternative] = []
    reason = counted(distinct, "different value")
    if {text.strip().lower() for text in texts} in _TRUTHS:
        reason = "yes or no"
    if why:
        reason = f"{why}; {reason}"
        alternatives.append(Alternative({"kind": "numeric"}, "if a larger number means more"))
    rare = int((counts < _RARE).sum())
    if distinct > _MANY:
        feature["target"] = True
        each = counted(round(known / distinct), "row")
        reason += f", {each} each: the label's average stands for it, too"
    if distinct > _MANY and known < _FEWEST_OF_EACH * distinct:
        feature["id"] = False
        reason += "; too few for an id of its own"
    elif distinct > _MANY and known >= 1000 and rare >= 0.1 * distinct:
        feature["min_frequency"] = _RARE
        reason += f"; {rare:,} of them have fewer than {_RARE} rows"
    if distinct > _MOST and "id" not in feature:
        feature["max_vocabulary"] = _MOST
        reason += f"; the {_MOST:,} most frequent have an id of their own"
    numbers_of_them = "codes" if why else "categories"
    meaning = f"{distinct:,} {numbers_of_them}: " + ", ".join(
        f"`{shortened(text, 30)}`" for text in texts[:5]
    )
    meaning += ", …" if distinct > 5 else ""
    feature, reason = missing_feature(feature, reason, list(marks), marks)
    return Guess(meaning, feature, reason, tuple(alternatives), statistics)
