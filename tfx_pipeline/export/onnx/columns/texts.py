"""Texts in a graph, taken apart by regular expressions of RE2: onnxruntime's own `Tokenizer`.

ONNX itself splits no text before opset 20, which the runtimes of the portable stack do not have;
`Tokenizer` is in all builds of onnxruntime: for Python, for Node and for the web.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfx_pipeline.export.onnx.graph import ML, TEXTS, Graph

NO_TOKEN = " "
"""What stands where a row has no more tokens."""
BLANKS = r" \t\n\v\f\r"
"""What TensorFlow strips from a text, and splits it at: part of a character class."""
_FAILED = "Conversion Error"
"""No text in small letters."""
_STRIPPED = rf"[^{BLANKS}](?s:.*[^{BLANKS}])?"


def tokens(graph: Graph, texts: str, pattern: str) -> str:
    """Find what a pattern matches in texts `[batch]`: `[batch, the most of a row]`.

    That can be none at all; `NO_TOKEN` fills the rows.
    """
    found = graph.add(
        "Tokenizer",
        texts,
        domain=TEXTS,
        tokenexp=pattern,
        mark=0,
        mincharnum=1,
        pad_value=NO_TOKEN,
    )
    graph.say(found, object, ("batch", f"{found}_width"))
    return found


def in_small_letters(graph: Graph, words: str) -> str:
    """Fold ASCII capitals of words, of any shape.

    onnxruntime before 1.17 answers `Conversion Error` to texts of more than 3 bytes a character on
    average, emoji alone for instance; these have no capitals, unless letters adjoin many emoji.
    """
    flat = graph.add("Reshape", words, graph.table([-1], np.int64))
    flat = graph.joined([flat, graph.table(np.array([NO_TOKEN], object))], axis=0)  # never empty
    small = graph.add("StringNormalizer", flat, case_change_action="LOWER", locale="C")
    failed = looked_up(graph, small, [_FAILED])
    failed = graph.add("Greater", failed, graph.table(0, np.int64))
    small = graph.add("Where", failed, flat, small)
    ends = (graph.table([place], np.int64) for place in (0, -1))
    small = graph.add("Slice", small, *ends)
    return graph.add("Reshape", small, graph.add("Shape", words), allowzero=1)


def looked_up(graph: Graph, texts: str, names: Sequence[str], others: int = 0) -> str:
    """Give the place of each text among names, from 1; `others` for none of them: int64."""
    return graph.add(
        "LabelEncoder",
        texts,
        domain=ML,
        keys_strings=list(names),
        values_int64s=list(range(1, 1 + len(names))),
        default_int64=others,
    )


def are_marks(graph: Graph, texts: str, marks: Sequence[str]) -> str:
    """Tell which texts `[batch]` are marks, but for blanks around them: bool.

    What is left of a text is its only token; what is nothing but blanks has none.
    """
    words = [mark for mark in marks if mark]
    places = looked_up(graph, tokens(graph, texts, _STRIPPED), [NO_TOKEN, *words], -1)
    is_word = graph.cast(graph.add("Greater", places, graph.table(1, np.int64)), np.int32)
    found = [row_sum(graph, is_word)]
    if "" in marks:
        is_token = graph.add("Not", graph.add("Equal", places, graph.table(1, np.int64)))
        given = row_sum(graph, graph.cast(is_token, np.int32))
        found.append(graph.add("Sub", graph.table(1, np.int32), given))
    total = found[0] if len(found) == 1 else graph.add("Add", *found)
    return graph.add("Greater", total, graph.table(0, np.int32))


def row_sum(graph: Graph, values: str) -> str:
    """Add up the rows of `[batch, any]`, of which there may be no column: `[batch]`."""
    padded = graph.add("Pad", values, graph.table([0, 0, 0, 1], np.int64))
    return graph.add("ReduceSum", padded, graph.table([1], np.int64), keepdims=0)
