"""Words of texts, by regular expressions.

PMML's own `TextIndex` takes texts apart at other places, and has no rule for what a vocabulary
does not know. A text is written as its words, a `|` before each and one at the end, which cannot
occur in a word as it is ASCII's punctuation; so a word is found wherever it stands between two.
"""

from __future__ import annotations

import re
import string

from tfx_pipeline.export.pmml.writing.cells import BLANK, key_of, quoted
from tfx_pipeline.export.pmml.writing.expressions import apply, given, ref, text, total
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.modules.description.operations import Words

_BREAKS = "(?:" + "|".join([BLANK, *map(quoted, string.punctuation)]) + ")+"
"""Between words: ASCII's punctuation and white space."""
_MARK = r"\|"
_WORD = r"(?s:(?!\|).)+"


def words(fields: Fields, operation: Words, part: int) -> str | None:
    """Write whether a word occurs, or its weight; last, whether there is an unknown word."""
    if part == operation.width - 1:
        return _unknown(fields, operation)
    if part >= len(operation.vocabulary) or not _can_occur(operation.vocabulary[part], operation):
        return None
    name = f"{operation.output}[{operation.vocabulary[part]}]"
    if operation.weights is None:
        pattern = _pattern(operation.vocabulary[part], operation)
        found = apply("matches", ref(_joined(fields, operation)), text(pattern))
        return fields.derived(
            name, _or_zero(fields, operation, apply("if", found, 1.0, 0.0)), "float"
        )
    weight, norm = ref(_weight(fields, operation, part)), ref(_norm(fields, operation))
    share = apply("if", apply("greaterThan", norm, 0.0), apply("/", weight, norm), 0.0)
    return fields.derived(name, share, "float")


def _joined(fields: Fields, operation: Words) -> str:
    """Give the field of the text as words."""
    source = key_of(fields, operation.column)

    def write() -> str:
        parted = apply("replace", ref(source), text(_BREAKS), text("|"))
        # One mark at each end, whatever the text begins and ends with.
        closed = apply("concat", text("|"), parted, text("|"))
        joined = apply("replace", closed, text(r"\|+"), text("|"))
        name = f"{operation.column} (words)"
        return fields.derived(name, given(source, joined), "string", "categorical")

    return fields.field(("words", operation.column), write)


def _or_zero(fields: Fields, operation: Words, value: str) -> str:
    joined = _joined(fields, operation)
    return apply("if", apply("isNotMissing", ref(joined)), value, 0.0)


def _pattern(word: str, operation: Words) -> str:
    """Find a word, or several in a row, of which only the first is passed over."""
    first, *others = (_cased(each, operation) for each in word.split(" "))
    return rf"(\|{first})(?={''.join(rf'{_MARK}{x}' for x in others)}{_MARK})"


def _can_occur(word: str, operation: Words) -> bool:
    """Tell whether a text can have this word, as it is taken apart."""
    is_lower = not operation.lower_case or re.search("[A-Z]", word) is None
    return is_lower and len(word.split(" ")) <= operation.ngrams


def _cased(word: str, operation: Words) -> str:
    """Write a word as a pattern; where case is left out, of ASCII's letters alone, in both."""
    if not operation.lower_case:
        return word
    return re.sub("[a-z]", lambda found: f"(?:{found[0].upper()}|{found[0]})", word)


def _unknown(fields: Fields, operation: Words) -> str:
    """Write 1 where a word, or as many in a row as count, is none of the vocabulary."""
    by_length: dict[int, list[str]] = {size: [] for size in range(1, operation.ngrams + 1)}
    for word in operation.vocabulary:
        if _can_occur(word, operation):
            by_length[len(word.split(" "))].append(word)
    joined = _joined(fields, operation)
    found = []
    for size in range(1, operation.ngrams + 1):
        known = "|".join(
            r"\|".join(_cased(x, operation) for x in word.split(" ")) for word in by_length[size]
        )
        others = rf"(?!(?:{known})\|)" if known else ""
        pattern = _MARK + others + _MARK.join([_WORD] * size) + _MARK
        found.append(apply("matches", ref(joined), text(pattern)))
    any_found = apply("or", *found) if len(found) > 1 else found[0]
    unknown = _or_zero(fields, operation, apply("if", any_found, 1.0, 0.0))
    return fields.derived(f"{operation.output}[others]", unknown, "float")


def _weight(fields: Fields, operation: Words, place: int) -> str:
    """Give the field of a word's weight before the text's are made one long."""
    word = operation.vocabulary[place]
    assert operation.weights is not None

    def write() -> str:
        # A text becomes longer by a `#` for each that is found.
        joined = ref(_joined(fields, operation))
        marked = apply("replace", joined, text(_pattern(word, operation)), text("$1#"))
        count = apply("-", apply("stringLength", marked), apply("stringLength", joined))
        weighed = apply("*", count, (operation.weights or {})[word])
        name = f"{operation.output}[{word}] (weight)"
        return fields.derived(name, _or_zero(fields, operation, weighed))

    return fields.field(("weight", operation.output, place), write)


def _norm(fields: Fields, operation: Words) -> str:
    def write() -> str:
        places = [i for i, x in enumerate(operation.vocabulary) if _can_occur(x, operation)]
        weights = [ref(_weight(fields, operation, i)) for i in places]
        squares = total([apply("*", weight, weight) for weight in weights])
        return fields.derived(f"{operation.output} (norm)", apply("sqrt", squares))

    return fields.field(("norm", operation.output), write)
