"""Reads serialized `tf.Example`s that are regular, feature by feature, for all rows at once.

Regular is what `ingestion.examples.encoding` writes: features in the order of their names' bytes,
each with exactly one value, or absent. A cursor stands in every row; where a feature's key lies
under it, its value is taken and the cursor goes behind it. Every byte of a row is accounted for:
a row of any other form leaves its cursor short of the end, and the block counts as irregular.

Field numbers are those of `tensorflow/core/example/{example,feature}.proto`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.examples.record_blocks import RecordBlock

_FEATURES = _FEATURE = _KEY = _LIST_VALUE = 0x0A
_VALUE = 0x12
_KINDS: dict[int, Literal["bytes", "float", "int"]] = {0x0A: "bytes", 0x12: "float", 0x1A: "int"}
_FLOAT_BYTES = 4
_WORD_BYTES = 8
_PADDING = 64
"""More than tags and lengths from a cursor to a value can take, so that looking needs no checks."""


class Irregular(Exception):  # noqa: N818 - no error: what is not regular is read otherwise
    """A block that must be read in another way, or with more keys.

    Attributes:
        rows: those that hold features with other keys, if nothing else is wrong.
    """

    def __init__(self, rows: NDArray[Any] | None = None) -> None:
        self.rows = np.empty(0, np.int64) if rows is None else rows
        super().__init__()


@dataclass(frozen=True)
class FeatureKey:
    """How a feature's key looks in a row: words of 8 bytes, to be found at distances from it.

    Attributes:
        name: of the feature.
        size: in bytes, with tag and length.
        words: the distance, a mask of the bytes that count, and what they must be.
    """

    name: str
    size: int
    words: tuple[tuple[int, np.uint64, np.uint64], ...]

    @classmethod
    def of(cls, name: str) -> FeatureKey:
        """Make the key of a name."""
        content = name.encode()
        length = bytearray()
        number = len(content)
        while number > 0x7F:
            length.append(number & 0x7F | 0x80)
            number >>= 7
        text = bytes([_KEY, *length, number]) + content
        words = []
        for at in range(0, len(text), _WORD_BYTES):
            piece = text[at : at + _WORD_BYTES]
            mask = (1 << 8 * len(piece)) - 1
            words.append((at, np.uint64(mask), np.uint64(int.from_bytes(piece, "little"))))
        return cls(name, len(text), tuple(words))


@dataclass(frozen=True)
class RegularFeature:
    """One value each of the rows that have a feature.

    Attributes:
        name: of the feature.
        kind: of its values.
        first_row: the first row that has it.
        values: [values] int64 or float32; of bytes, where they begin in the block.
        ends: [values] int64, where bytes end in the block; None for numbers.
    """

    name: str
    kind: Literal["bytes", "float", "int"]
    first_row: int
    values: NDArray[Any]
    ends: NDArray[Any] | None


def read_regular(block: RecordBlock, keys: Sequence[FeatureKey]) -> list[RegularFeature]:
    """Read all rows of a block; `keys` are sorted by their names' bytes.

    Raises:
        Irregular: a row is not regular, or has a feature that is none of these.
    """
    longest = max((key.size for key in keys), default=0)
    padding = np.zeros(_PADDING + longest, np.uint8)
    rows = _Rows(np.concatenate([block.data, padding]), nowhere=len(block.data))
    cursor = rows.enter(block.starts, block.ends)
    features = list(_features(rows, cursor, block.ends, keys))
    short = np.flatnonzero(cursor != block.ends)
    if len(short):
        raise Irregular(short)
    return features


class _Rows:
    """Padded bytes, seen as bytes and as words and numbers that begin at any of them."""

    def __init__(self, data: NDArray[Any], nowhere: int) -> None:
        self.data = data
        self.nowhere = nowhere  # where only zeros are
        self.words: NDArray[np.uint64] = _at_any_byte(data, "<u8")
        self.floats: NDArray[np.float32] = _at_any_byte(data, "<f4")

    def enter(self, starts: NDArray[Any], ends: NDArray[Any]) -> NDArray[Any]:
        """Give where the features of each row begin; an example without any has no bytes."""
        _require((self.data[starts] == _FEATURES) | (starts == ends))
        sizes, at = self.varints(starts + 1)
        _require((at + sizes == ends) | (starts == ends))
        return np.where(starts == ends, ends, at)

    def varints(self, at: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Read a number at each place; give the numbers, int64, and the places behind them."""
        byte = self.data[at]
        behind = at + 1
        more = np.flatnonzero(byte > 0x7F)
        if not len(more):
            return byte.astype(np.int64), behind
        numbers = (byte & 0x7F).astype(np.uint64)
        for shift in range(7, 64 + 7, 7):
            if shift >= 64:
                raise Irregular
            byte = self.data[behind[more]]
            numbers[more] |= (byte & 0x7F).astype(np.uint64) << np.uint64(shift)
            behind[more] += 1
            more = more[byte > 0x7F]
            if not len(more):
                break
        return numbers.view(np.int64), behind

    def has_key(self, at: NDArray[Any], key: FeatureKey) -> NDArray[Any]:
        """Say where the key lies."""
        found = np.ones(len(at), bool)
        for distance, mask, word in key.words:
            found &= (self.words[at + distance] & mask) == word
        return found

    def tag(self, at: NDArray[Any], tag: int, ends: NDArray[Any]) -> NDArray[Any]:
        """Go behind a tag, which lies at each place, and a length, which leads to each end."""
        _require(self.data[at] == tag)
        sizes, behind = self.varints(at + 1)
        _require(behind + sizes == ends)
        return behind


def _at_any_byte(data: NDArray[Any], kind: str) -> NDArray[Any]:
    """View bytes as numbers, one of which begins at each byte but the last few."""
    return np.ndarray((len(data) - np.dtype(kind).itemsize + 1,), kind, data, strides=(1,))


def _features(
    rows: _Rows, cursor: NDArray[Any], ends: NDArray[Any], keys: Sequence[FeatureKey]
) -> Iterator[RegularFeature]:
    """Take each feature in turn, and move the cursors of the rows that have it."""
    for key in keys:
        look = np.where(cursor < ends, cursor, rows.nowhere)
        sizes, at = rows.varints(look + 1)
        is_here = (rows.data[look] == _FEATURE) & rows.has_key(at, key)
        where = np.flatnonzero(is_here)
        if not len(where):
            continue
        at, stops = at[where], (at + sizes)[where]
        _require(stops <= ends[where])
        at = rows.tag(at + key.size, _VALUE, stops)
        tag = int(rows.data[at[0]])
        if tag not in _KINDS:
            raise Irregular
        at = rows.tag(rows.tag(at, tag, stops), _LIST_VALUE, stops)
        yield _feature(rows, key.name, tag, (int(where[0]), at, stops))
        cursor[where] = stops


def _feature(
    rows: _Rows, name: str, tag: int, place: tuple[int, NDArray[Any], NDArray[Any]]
) -> RegularFeature:
    """Read one value a row, which must fill its place."""
    first_row, at, stops = place
    kind = _KINDS[tag]
    if kind == "bytes":
        _require(at <= stops)  # lengths that are none can lead anywhere
        return RegularFeature(name, kind, first_row, at, stops)
    if kind == "float":
        _require(stops - at == _FLOAT_BYTES)
        return RegularFeature(name, kind, first_row, rows.floats[at], None)
    numbers, behind = rows.varints(at)
    _require(behind == stops)
    return RegularFeature(name, kind, first_row, numbers, None)


def _require(holds: NDArray[Any]) -> None:
    if not holds.all():
        raise Irregular
