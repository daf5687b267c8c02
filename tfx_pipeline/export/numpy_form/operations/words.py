"""Words of texts: `features.names.words`, for arrays."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.cells import Cells
from tfx_pipeline.export.numpy_form.operations.farm_hash import farm_hash_64
from tfx_pipeline.export.numpy_form.texts import ASCII_BLANKS
from tfx_pipeline.modules.description.operations import Words

_BETWEEN = re.compile(f"[{re.escape(ASCII_BLANKS + string.punctuation)}]+")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def words(operation: Words, cells: Cells) -> NDArray[Any]:
    """See `Words`."""
    texts = cells.texts(operation.column)
    matrix = np.zeros((len(texts), operation.width), np.float32)
    places = {word: place for place, word in enumerate(operation.vocabulary)}
    for row, text in enumerate(texts):
        for word in _split(text, operation):
            if operation.hash_buckets:
                place = farm_hash_64(word.encode()) % operation.hash_buckets
                word = str(place)
            else:
                place = places.get(word, operation.width - 1)
            matrix[row, place] += _weight(word, operation)
    if operation.weights is None:
        return (matrix > 0).astype(np.float32)
    return _of_length_1(matrix, operation)


def _weight(word: str, operation: Words) -> np.float32:
    """Weigh a word, or the number of its bucket; an unknown word is marked by NaN."""
    if operation.weights is None:
        return np.float32(1)
    other = operation.unknown_weight if operation.hash_buckets else np.nan
    return np.float32(operation.weights.get(word, other))


def _of_length_1(matrix: NDArray[np.float32], operation: Words) -> NDArray[np.float32]:
    is_unknown = np.isnan(matrix[:, -1])
    matrix = np.nan_to_num(matrix)
    length = np.sqrt(np.square(matrix).sum(axis=1, keepdims=True))
    matrix = matrix / np.where(length > 0, length, np.float32(1))
    if not operation.hash_buckets:
        matrix[:, -1] = is_unknown
    return matrix


def _split(text: str, operation: Words) -> Iterator[str]:
    text = text.translate(_LOWER) if operation.lower_case else text
    parts = [part for part in _BETWEEN.split(text) if part]
    for count in range(1, operation.ngrams + 1):
        for start in range(len(parts) - count + 1):
            yield " ".join(parts[start : start + count])
