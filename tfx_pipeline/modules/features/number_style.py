"""Numbers as a table writes them, read as one example shows: `$1,234.50`, `12,5 %`, `10+ years`.

Imports neither TensorFlow nor Arrow: the configuration is checked with it. The graph
(`number_text`) and Arrow (`numbers_of`) take cells apart by the same pattern of RE2.

Terms:
    before, after: the currency, unit or words around the number; a cell may leave them out.
    mark: what stands before the fraction (`decimal`) or between groups of digits (`thousands`).
    blank: a space, a no-break or a thin one; between number and unit there may be any or none.
    magnitude: a `k`, `K`, `M` or `B` behind the number: thousands, millions, billions.
    bound: `10+`, `<1`, `~5`: the number counts, the bound does not.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLANKS = " \t\u00a0\u2009\u202f"
MAGNITUDES = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}
PLUS_SIGNS = ("", "+")
"""What stands where a number is not negative, in the groups `SIGN` of the pattern."""

_MINUS = "-−–"
_BOUNDS = "<>≤≥~≈"
_APOSTROPHES = "'’"
_MARKS = rf".,_{_APOSTROPHES}{BLANKS}"
# A leading mark only where nothing stands before it: the point of `Rs.500` is no decimal one.
_NUMBER = re.compile(
    rf"(?:(?<!\S)[.,])?[0-9](?:[0-9{_MARKS}]*[0-9])?(?:[eE][+-]?[0-9]{{1,2}}(?![0-9A-Za-z]))?"
)
_MAGNITUDE = re.compile(r"([kKMB])(?![^\W\d_])")
_WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]{3,}\Z")
# TensorFlow's `string_to_number` fails on 32 characters, and with it all rows of the call.
_DIGITS = "[0-9]{1,24}"

# Numbers of the groups in `NumberStyle.pattern`, as a rewrite of RE2 has them.
SIGN = r"\1\2\8"
CANONICAL = r"0\3;\4\50\6"
"""The number, but for its marks and with `;` before the fraction: `01,234;50`."""
MAGNITUDE = r"\7"
TOO_EXACT, EXACT = r"^([0-9;]{27})[0-9]*", r"\1"
"""Of a canonical number without marks, and its rewrite: with `e+10` it has 31 characters."""


@dataclass(frozen=True)
class NumberStyle:
    """How the numbers of a column are written.

    Attributes:
        before: see the module's terms; "" for nothing.
        after: likewise.
        decimal: one character.
        thousands: one character, a blank standing for all of them; "" for none.
        is_accounting: `(1,234)` is negative.
        has_trailing_minus: `1,234-` is negative.
        has_bounds: there may be bounds.
        has_magnitudes: there may be magnitudes.
    """

    before: str = ""
    after: str = ""
    decimal: str = "."
    thousands: str = ""
    is_accounting: bool = False
    has_trailing_minus: bool = False
    has_bounds: bool = False
    has_magnitudes: bool = False

    @functools.cached_property
    def pattern(self) -> str:
        """A regular expression of RE2 for a whole cell, without the parentheses of accounting."""
        blank, sign = f"[{BLANKS}]*", f"([{_MINUS}+])"
        before = f"{_literal(self.before)}{blank}" if self.before else ""
        lead = f"(?:{sign}{blank}(?:{before})?|{before}{sign}{blank}|{before}|)"
        bound = f"(?:[{_BOUNDS}]=?{blank})?" if self.has_bounds else ""
        tail = r"\+?" + blank if self.has_bounds else blank
        tail += "([kKMB])?" if self.has_magnitudes else "()"
        tail += f"(?:{blank}{_unit(self.after)})?" if self.after else ""
        tail += f"{blank}([{_MINUS}])?" if self.has_trailing_minus else "()"
        return f"^{blank}{bound}{lead}{self._number}{tail}{blank}$"

    @property
    def _number(self) -> str:
        """Digits, with groups for the whole part, the fraction, one without a whole part, and e."""
        whole, point = _DIGITS, re.escape(self.decimal)
        if self.thousands:
            mark = self.mark_class
            # No group begins with a zero, so `0,125` is never 125.
            grouped = rf"[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}}){{1,7}}"
            if self.thousands == ",":  # as India writes: 12,34,567
                grouped += rf"|[1-9][0-9]?(?:{mark}[0-9]{{2}}){{1,9}}{mark}[0-9]{{3}}"
            whole = f"{grouped}|{whole}"
        fraction = rf"(?:{point}([0-9]{{0,40}}))?"
        return f"(?:({whole}){fraction}|{point}([0-9]{{1,40}}))([eE][+-]?[0-9]{{1,2}})?"

    @property
    def mark_class(self) -> str:
        """A character class of the marks between groups of digits, of which there are some."""
        alike = {" ": BLANKS, "'": _APOSTROPHES}.get(self.thousands, self.thousands)
        return f"[{alike}]"


PARENTHESES = r"^[^()0-9]*\([^()]*\)[^()0-9]*$"
"""Of a cell of an accounting style: all its digits stand in one pair of parentheses."""


def read_style(example: str) -> NumberStyle:
    """Read how numbers are written from a number so written.

    Raises:
        ValueError: the example holds no number, or several, or one that can be read in two ways.
    """
    number = _only_number(example)
    before, after = example[: number.start()].strip(), example[number.end() :].strip()
    is_accounting = "(" in before and ")" in after and ")" not in before and "(" not in after
    if is_accounting:
        before, after = before.replace("(", ""), after.replace(")", "")
    before = re.sub(rf"[{_MINUS}+]\s*\Z|\A\s*[{_MINUS}+]", "", before.strip()).strip()
    bounds = re.sub(rf"\A[{_BOUNDS}]=?\s*", "", before), re.sub(r"\A\+\s*", "", after.strip())
    has_bounds = bounds != (before, after.strip())
    before, after = bounds
    has_trailing_minus = re.fullmatch(rf"[{_MINUS}]|.*\s[{_MINUS}]", after) is not None
    after = after[:-1].rstrip() if has_trailing_minus else after
    magnitude = _MAGNITUDE.match(after)
    thousands, decimal = _marks(number[0], example)
    return NumberStyle(
        before,
        after[1:].lstrip() if magnitude else after,
        decimal,
        thousands,
        is_accounting,
        has_trailing_minus,
        has_bounds,
        magnitude is not None,
    )


def numbers_of(texts: Any, style: NumberStyle) -> NDArray[np.float64]:
    """Read the cells of a column: `[rows] float64`, NaN where a cell is null or no such number.

    `texts` is an array of Arrow, of strings or of a dictionary of them, in chunks or not.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if pa.types.is_dictionary(texts.type):
        codes = pc.fill_null(texts.indices, -1).to_numpy()
        return np.append(numbers_of(texts.dictionary, style), np.nan)[codes]
    texts = pc.fill_null(pc.cast(texts, pa.string()), "")
    is_negative = np.zeros(len(texts), bool)
    if style.is_accounting:
        has_parentheses = pc.match_substring_regex(texts, PARENTHESES)
        is_negative = has_parentheses.to_numpy(zero_copy_only=False)
        bare = pc.replace_substring_regex(texts, "[()]", "")
        texts = pc.if_else(has_parentheses, bare, texts)
    is_number = pc.match_substring_regex(texts, style.pattern)
    texts = pc.if_else(is_number, texts, "0")

    def part(rewrite: str) -> Any:
        return pc.replace_substring_regex(texts, style.pattern, rewrite)

    plain = part(CANONICAL)
    if style.thousands:
        plain = pc.replace_substring_regex(plain, style.mark_class, "")
    plain = pc.replace_substring_regex(plain, TOO_EXACT, EXACT)
    numbers = pc.cast(pc.replace_substring(plain, ";", "."), pa.float64()).to_numpy()
    if style.has_magnitudes:
        numbers = numbers * _looked_up(part(MAGNITUDE), MAGNITUDES)
    signs = pc.is_in(part(SIGN), pa.array(PLUS_SIGNS)).to_numpy(zero_copy_only=False)
    numbers = np.where(is_negative | ~signs, -numbers, numbers)
    return np.where(is_number.to_numpy(zero_copy_only=False), numbers, np.nan)


def _looked_up(texts: Any, values: dict[str, float]) -> NDArray[np.float64]:
    """Give the value of each text, 1 for others."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.index_in(texts, pa.array(list(values)))
    return np.array([*values.values(), 1.0])[pc.fill_null(places, -1).to_numpy()]


def _only_number(example: str) -> re.Match[str]:
    """Find the one number of an example; a digit behind a letter, as in `m2`, is of a word."""
    found = list(_NUMBER.finditer(example))
    if len(found) > 1:
        apart = [x for x in found if not re.match("[A-Za-z]", example[x.start() - 1 : x.start()])]
        found = apart or found
    if len(found) == 1:
        return found[0]
    how = "holds more than one number" if found else "holds no number"
    raise ValueError(
        f"an example {how}: received {example!r}; allowed: one cell of the column, e.g."
        " '$1,234.50', '12,5 %' or '10+ years'"
    )


def _marks(number: str, example: str) -> tuple[str, str]:
    """Tell the marks between thousands ("" for none) and before the fraction."""
    digits = re.sub(f"[{BLANKS}]", " ", re.split("[eE]", number)[0]).replace("’", "'")
    marks, groups = re.findall("[^0-9]", digits), re.split("[^0-9]", digits)
    if not marks:
        return "", "."
    first, last = marks[0], marks[-1]
    if len(marks) == 1 and first in ".,":
        if first == "." and _are_groups(groups):
            raise ValueError(
                f"an example can be read in two ways: received {example!r}; allowed: with both"
                " marks if the point stands between thousands, e.g. '1.234,0'; else with another"
                " number of digits behind it, e.g. '1.23'"
            )
        return (first, ".") if _are_groups(groups) else ("", first)
    if set(marks[:-1]) == {first} and first != last and last in ".," and _are_groups(groups[:-1]):
        return first, last
    if set(marks) == {first} and _are_groups(groups):
        return first, "," if first == "." else "."
    raise ValueError(
        f"an example holds no number of groups of three digits: received {example!r}; allowed:"
        " e.g. '1,234.50', '1.234,50' or '1 234,5'"
    )


def _are_groups(groups: list[str]) -> bool:
    """Tell whether digits are divided as thousands are; also as India does, but for the first."""
    first, *middle, last = groups
    sizes = {len(group) for group in middle}
    is_first = re.fullmatch("[1-9][0-9]{0,2}", first) is not None
    return is_first and len(last) == 3 and (sizes <= {3} or (sizes == {2} and len(first) < 3))


def _literal(words: str) -> str:
    """Match words as they stand, whatever blanks are between them."""
    return f"[{BLANKS}]+".join(map(re.escape, re.split(f"[{BLANKS}]+", words)))


def _unit(words: str) -> str:
    """Match a unit as it stands; an English word of three letters or more, also in the plural."""
    word = _WORD.search(words)
    if word is None:
        return _literal(words)
    singular = word[0][:-1] if word[0].endswith("s") and len(word[0]) > 3 else word[0]
    return f"{_literal(words[: word.start()] + singular)}s?"
