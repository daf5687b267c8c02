"""Numbers out of texts: as `features.number_text` reads them.

What is no number is told by the style's own pattern; what is one is then known to be digits,
marks, a sign, an exponent and a magnitude, in places that need not be looked for, if only the words
around it hold none of these: `unreadable` says where they do.
"""

from __future__ import annotations

import numpy as np

from tfx_pipeline.export.onnx.columns.digits import Pieces, is_written, only, times_ten_to
from tfx_pipeline.export.onnx.graph import Graph
from tfx_pipeline.modules.features.number_style import (
    BLANKS,
    MAGNITUDES,
    PARENTHESES,
    NumberStyle,
)

_MARK, _EXPONENT, _MINUS, _OTHER_MINUS, _MAGNITUDE = range(10, 15)
_SIGNS = "+-−–"


def unreadable(style: NumberStyle) -> str | None:
    """Say why numbers of a style cannot be told from the words around; None: they can."""
    words = style.before + style.after
    if any(character.isdigit() or character in _SIGNS for character in words):
        return "the words around the number hold digits or signs"
    if style.decimal in style.before:
        return "what stands before the number holds the decimal mark"
    if style.has_magnitudes and not MAGNITUDES.keys().isdisjoint(words):
        return "the words around the number hold a k, K, M or B"
    return None


def numbers_of_texts(graph: Graph, texts: str, style: NumberStyle) -> str:
    """Read texts `[batch]` as numbers: float64; NaN where one is none."""
    is_number = is_written(graph, texts, style.pattern)
    if style.is_accounting:
        is_inside = is_written(graph, texts, PARENTHESES)
        is_enclosed = is_written(graph, texts, _enclosed(style))
        is_negative = graph.add("And", is_inside, is_enclosed)
        is_number = graph.add("Or", is_number, is_negative)
    others = {style.decimal: _MARK, "e": _EXPONENT, "E": _EXPONENT, "-": _MINUS}
    others |= dict.fromkeys("−–", _OTHER_MINUS)
    others |= {x: _MAGNITUDE + place for place, x in enumerate(MAGNITUDES)}
    pieces = Pieces(graph, only(graph, is_number, texts), f"[^{BLANKS}]", others)
    digits_seen = pieces.seen(pieces.is_digit)
    is_before_last = graph.add("Less", digits_seen, pieces.count(pieces.is_digit))
    is_started = graph.add("Greater", digits_seen, graph.table(0, np.int64))
    is_inside = pieces.both(is_started, is_before_last)
    is_exponent = pieces.both(pieces.are([_EXPONENT]), is_inside)
    is_mark = pieces.both(pieces.are([_MARK]), is_before_last)
    behind_exponent, behind_mark = (
        graph.add("Greater", pieces.seen(mask), graph.table(0, np.int64))
        for mask in (is_exponent, is_mark)
    )
    is_mantissa = pieces.both(pieces.is_digit, pieces.neither(behind_exponent))
    is_minus = pieces.are(range(_MINUS, _OTHER_MINUS + 1))
    exponent = graph.cast(pieces.number(pieces.both(pieces.is_digit, behind_exponent)), np.int64)
    is_small = pieces.has(pieces.both(is_minus, is_inside))
    exponent = graph.add("Where", is_small, graph.add("Neg", exponent), exponent)
    decimals = graph.add(
        "Squeeze", pieces.count(pieces.both(is_mantissa, behind_mark)), graph.table([1], np.int64)
    )
    numbers = times_ten_to(graph, pieces.number(is_mantissa), graph.add("Sub", exponent, decimals))
    if style.has_magnitudes:
        numbers = _magnified(graph, numbers, pieces)
    has_minus = pieces.has(pieces.both(is_minus, pieces.neither(is_inside)))
    if style.is_accounting:
        has_minus = graph.add("Or", has_minus, is_negative)
    numbers = graph.add("Where", has_minus, graph.add("Neg", numbers), numbers)
    return graph.add("Where", is_number, numbers, graph.table(np.nan, np.float64))


def _magnified(graph: Graph, numbers: str, pieces: Pieces) -> str:
    for place, factor in enumerate(MAGNITUDES.values()):
        product = graph.add("Mul", numbers, graph.table(factor, np.float64))
        has = pieces.has(pieces.are([_MAGNITUDE + place]))
        numbers = graph.add("Where", has, product, numbers)
    return numbers


def _enclosed(style: NumberStyle) -> str:
    """Let parentheses stand wherever blanks may: `PARENTHESES` says how many there are, and where.

    Within words none may, though the exported model would read `U(SD 5)`.
    """
    return style.pattern.replace(f"[{BLANKS}]*", f"[{BLANKS}()]*")
