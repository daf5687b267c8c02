"""Columns of texts in an order: known ladders, ranges of numbers, `10+ years`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.kinds import names
from tfx_pipeline.tables.kinds.categories import without_marks
from tfx_pipeline.tables.kinds.guess import Guess
from tfx_pipeline.tables.kinds.missing_words import missing_feature
from tfx_pipeline.tables.plan import Alternative
from tfx_pipeline.wording import shortened

_LADDERS = (
    "none | very low | low | below average | low-medium | medium, moderate, med, mid, middle,"
    " normal, average | medium-high | above average | high | very high | severe, extreme, critical",
    "mild | moderate | severe | critical",
    "very poor, vp | poor, po, bad | fair, fa | below average | average, typical, ta, ok, okay,"
    " regular | above average | good, gd | very good, vg | premium | excellent, ex, ideal |"
    " very excellent, outstanding",
    "xxs | xs, extra small | s, small | m, medium, mid-size, midsize | l, large | xl, extra large |"
    " xxl, 2xl | xxxl, 3xl",
    "none | tiny | small | medium, midsize, compact | large, big | huge, very large",
    "strongly disagree | disagree | somewhat disagree, slightly disagree | neutral,"
    " neither agree nor disagree, undecided | somewhat agree, slightly agree | agree |"
    " strongly agree",
    "very dissatisfied, very unsatisfied | dissatisfied, unsatisfied | neutral | satisfied |"
    " very satisfied",
    "never | almost never, hardly ever | rarely, seldom | sometimes, occasionally | often,"
    " frequently | usually, mostly | almost always | always",
    "non-smoker, never smoked, never | formerly smoked, former, ex-smoker |"
    " smokes, current, smoker",
    "hourly | daily | weekly | biweekly | monthly | quarterly | yearly, annually",
    "preschool | 1st-4th | 5th-6th | 7th-8th | 9th | 10th | 11th | 12th | hs-grad, high school |"
    " some-college, some college | assoc-voc | assoc-acdm, associate's degree | bachelors,"
    " bachelor's degree | masters, master's degree | prof-school | doctorate, phd",
    "no schooling, none, illiterate | primary, elementary, basic, basic 4y | basic 6y | basic 9y |"
    " some high school, below college | secondary, high school, highschool, high school graduate |"
    " vocational, professional course | some college | college, associate, associate degree,"
    " associate's degree | bachelor, bachelors, bachelor's, bachelor degree, bachelor's degree,"
    " undergraduate, university degree, graduate, tertiary | master, masters, master's,"
    " master degree, master's degree, postgraduate | doctor, doctorate, phd, ph.d.,"
    " doctoral degree",
    "first, 1st, 1st class, first class | second, 2nd, 2nd class, second class | third, 3rd,"
    " 3rd class, third class | fourth, 4th | fifth, 5th",
    "upper, upper class | middle, middle class | lower, lower class",
    "low | lower-middle, lower middle | upper-middle, upper middle | high",
    "junior, entry, entry-level, entry level | mid, mid-level, intermediate | senior |"
    " lead, manager | director | executive",
    "beginner, novice | intermediate | advanced | expert",
    "bronze | silver | gold | platinum | diamond",
    "basic, free | standard | plus | premium, pro, gold | enterprise",
    "cold | cool | mild | warm | hot",
    "bad | good | better | best",
    "worse, decreased, down | same, unchanged, steady, no | better, increased, up",
    "i1 | si2 | si1 | vs2 | vs1 | vvs2 | vvs1 | if",  # clarity of diamonds
    "unf | lwq | rec | blq | alq | glq",  # finished basements, as assessors write them
    "unf | rfn | fin",
    "gtl | mod | sev",
)
_GRADES = re.compile(r"[A-H][+-]?|[A-G][1-5]")
_BLANKS = re.compile(r"[\s_]+")
_RANGE = re.compile(
    r"(?P<word>[^\d<>≤≥+]{0,20}?)(?P<less><=?|≤|under |below |less than |up to )?\s*"
    r"(?P<more>>=?|≥|over |above |more than )?\s*[$€£]?(?P<low>\d[\d,]*(?:\.\d+)?)\s*(?P<k>[kK])?"
    r"\s*(?:(?:-|–|to|_|,)\s*[$€£]?(?P<high>\d[\d,]*(?:\.\d+)?)\s*[kK]?)?"
    r"\s*(?P<plus>\+|(?:or|and) (?:more|over|older|above))?\s*(?P<unit>[^\d]{0,20})",
    re.IGNORECASE,
)
_FEWEST, _MOST = 3, 60


def guess_ordered(column: ColumnSample) -> Guess | None:
    """Say that a column of texts has an order, if it is known."""
    texts, counts, marks = without_marks(column)
    if not _FEWEST <= len(texts) <= _MOST or counts.sum() < 2 * len(texts):
        return None
    order, why, outside = _ladder(texts), "an order that is known", ()
    if order is None:
        order, why = _grades(column.name, texts), "grades"
    if order is None:
        order, why = _ranges(texts), "ranges of numbers"
    if order is None:
        return None
    reason = f"{why}, from `{shortened(order[0], 20)}` to `{shortened(order[-1], 20)}`"
    other = Alternative({"kind": "categorical"}, "if the order says nothing")
    feature: dict[str, object] = {"kind": "ordinal", "values": order}
    feature, reason = missing_feature(feature, reason, [*marks, *outside], marks)
    meaning = f"{len(order)} values in an order, from `{order[0]}` to `{order[-1]}`"
    return Guess(meaning, feature, reason, (other,), {"examples": texts[:5]})


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", text.strip().lower())


def _steps(ladder: str) -> Iterator[tuple[str, int]]:
    for place, step in enumerate(ladder.split("|")):
        for word in step.split(","):
            yield _plain(word), place


def _ladder(texts: Sequence[str]) -> list[str] | None:
    """Order texts by a ladder that has all of them, no two on one step."""
    plain = {text: _plain(text).replace(".", " ").replace("  ", " ") for text in texts}
    for ladder in _LADDERS:
        steps = dict(_steps(ladder))
        places = {text: steps.get(x, steps.get(x.replace(" ", "-"))) for text, x in plain.items()}
        known = [place for place in places.values() if place is not None]
        if len(known) == len(texts) == len(set(known)):
            return sorted(texts, key=lambda text: places[text] or 0)
    return None


def _grades(name: str, texts: Sequence[str]) -> list[str] | None:
    """Order grades, the best one, `A` or `A1`, first."""
    if not any(word.endswith(("grade", "rating", "score")) for word in names.words_of(name)):
        return None
    if not all(_GRADES.fullmatch(text.strip()) for text in texts):
        return None
    return sorted(texts, key=lambda text: (text.strip()[0], "+ -".find((text.strip() + " ")[1])
                                           if text.strip()[1:] in ("", "+", "-") else 0,
                                           text.strip()))  # fmt: skip


def _ranges(texts: Sequence[str]) -> list[str] | None:
    """Order ranges by where they begin: `< 1 year`, `1 year`, `10+ years`; `25-34`."""
    places: dict[str, tuple[float, int]] = {}
    affixes: set[tuple[str, str]] = set()
    is_range = False
    for text in texts:
        match = _RANGE.fullmatch(text.strip())
        if not match:
            return None
        low = float(match["low"].replace(",", ""))
        high = float(match["high"].replace(",", "")) if match["high"] else None
        if high is not None and high < low:
            return None
        side = -1 if match["less"] else 1 if match["more"] or match["plus"] else 0
        is_range = is_range or side != 0 or high is not None
        places[text] = (low * (1000 if match["k"] else 1), side)
        affixes.add((_word(match["word"]), _word(match["unit"])))
    if not is_range or len(affixes) > 2 or len(set(places.values())) < len(places):
        return None
    return sorted(texts, key=lambda text: places[text])


def _word(text: str) -> str:
    return text.strip(" .()[]").lower().removesuffix("s")
