"""The words of texts: which occur, or how much each weighs; see `modules.features.names.words`.

A word of the vocabulary is counted by `TfIdfVectorizer`. What it does not know is seen by the
number of all words of the row, of one run or more, which is larger than that of the known ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.onnx.columns.cells import Cells
from tfx_pipeline.export.onnx.columns.texts import (
    BLANKS,
    NO_TOKEN,
    in_small_letters,
    looked_up,
    row_sum,
    tokens,
)
from tfx_pipeline.export.onnx.features.rows import Rows
from tfx_pipeline.export.onnx.graph import Graph
from tfx_pipeline.modules.description.operations import Words

_WORD = rf"[^{BLANKS}[:punct:]]+"


def words(graph: Graph, cells: Cells, operations: Sequence[Words]) -> list[Rows]:
    """Make the vectors of each column of texts."""
    return [_words(graph, cells, each) for each in operations]


def _words(graph: Graph, cells: Cells, operation: Words) -> Rows:
    found = tokens(graph, cells.texts(operation.column), _WORD)
    if operation.lower_case:
        found = in_small_letters(graph, found)
    is_unknown = _all_words(graph, found, operation.ngrams)
    parts = []
    if operation.vocabulary:
        counts = _counts(graph, found, operation)
        known = graph.add("ReduceSum", counts, graph.table([1], np.int64), keepdims=1)
        is_unknown = graph.add("Sub", is_unknown, known)
        parts.append(_weighed(graph, counts, operation))
    marks = graph.cast(graph.add("Greater", is_unknown, graph.table(0.5, np.float32)), np.float32)
    used = len(operation.vocabulary)
    if empty := operation.width - 1 - used:
        nothing = graph.table(np.zeros((1, empty)), np.float32)
        parts.append(graph.add("Mul", marks, nothing))
    matrix = graph.joined([*parts, marks], axis=1)
    rows = graph.add("Transpose", matrix, perm=[1, 0])
    return Rows(rows, [(operation.output, part) for part in range(operation.width)])


def _all_words(graph: Graph, found: str, ngrams: int) -> str:
    """Count all words of a row, also those of several runs: `[batch, 1] float32`."""
    is_run = looked_up(graph, found, [NO_TOKEN])
    runs = row_sum(
        graph, graph.cast(graph.add("Equal", is_run, graph.table(0, np.int64)), np.float32)
    )
    runs = graph.add("Unsqueeze", runs, graph.table([1], np.int64))
    zero = graph.table(0, np.float32)
    counts = [
        graph.add("Max", graph.add("Sub", runs, graph.table(size - 1, np.float32)), zero)
        for size in range(1, ngrams + 1)
    ]
    return counts[0] if ngrams == 1 else graph.add("Sum", *counts)


def _counts(graph: Graph, found: str, operation: Words) -> str:
    """Count each word of the vocabulary: `[batch, words] float32`."""
    runs = [word.split(" ") for word in operation.vocabulary]
    pool, starts, order = list[str](), list[int](), list[int]()
    for size in range(1, operation.ngrams + 1):
        starts.append(len(pool))
        for place, word in enumerate(runs):
            if len(word) == size:
                pool += word
                order.append(place)
    return graph.add(
        "TfIdfVectorizer",
        found,
        mode="TF",
        min_gram_length=1,
        max_gram_length=operation.ngrams,
        max_skip_count=0,
        ngram_counts=starts,
        ngram_indexes=order,
        pool_strings=pool,
    )


def _weighed(graph: Graph, counts: str, operation: Words) -> str:
    """Mark what occurs by 1, or by its weight, so that the sum of their squares is 1."""
    if operation.weights is None:
        return graph.add("Min", counts, graph.table(1, np.float32))
    weights: NDArray[np.float32] = np.array(
        [operation.weights[word] for word in operation.vocabulary], np.float32
    )
    weighed = graph.add("Mul", counts, graph.table(weights))
    norm = graph.add("ReduceL2", weighed, axes=[1], keepdims=1)
    # Where nothing occurs all are 0, by whatever they are divided.
    return graph.add("Div", weighed, graph.add("Max", norm, graph.table(1e-30, np.float32)))
