"""Decimal numbers of a response, as TensorFlow Serving writes them."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import orjson

_FULL = {np.dtype(np.float32): "%.9g", np.dtype(np.float64): "%.17g"}
_PACKINGS = {np.dtype(np.float32): struct.Struct("f"), np.dtype(np.float64): struct.Struct("d")}
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

_FEW = 8  # fewer are faster without NumPy
_MANY = 32  # fewer are faster one by one
_LEAST, _LIMIT = 1e-4, 1e6  # no exponent between them, whether six digits are written or nine
_POWERS = np.array([float(10**exponent) for exponent in range(13)])
_SIZES = np.array([1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4, 1e5])


def is_decimal(array: Any) -> bool:
    """Tell whether an array holds numbers that `decimals` can write."""
    return array.dtype in _FULL


def decimal(value: float, dtype: Any) -> str:
    """Write one number that came from an array of this type, as `decimals` does."""
    text = f"{value:g}"
    packing = _PACKINGS[dtype]
    if packing.unpack(packing.pack(float(text)))[0] != value:
        text = _FULL[dtype] % value
    return text if "." in text or "e" in text else _completed(text)


def decimals(array: Any) -> list[str]:
    """Write each number of a float32 or float64 array of any shape, one after the other.

    With six digits, or in full if six do not give it back. Whole numbers end in `.0`, unless they
    have an exponent.
    """
    flat = array.ravel()
    if len(flat) < _FEW:
        return [decimal(value, flat.dtype) for value in flat.tolist()]
    if len(flat) < _MANY or flat.dtype != np.float32:
        return _one_by_one(flat)
    return _all_at_once(flat)


def _one_by_one(flat: Any) -> list[str]:
    full = _FULL[flat.dtype]
    values = flat.tolist()
    texts = ("%g " * len(values) % tuple(values)).split()  # one call writes them all
    with np.errstate(over="ignore"):
        kept = np.array(list(map(float, texts)), flat.dtype) == flat
    if not kept.all():
        texts = [
            text if is_kept else full % value
            for text, is_kept, value in zip(texts, kept.tolist(), values, strict=True)
        ]
    return [text if "." in text or "e" in text else _completed(text) for text in texts]


def _completed(text: str) -> str:
    return _NOT_FINITE.get(text) or text + ".0"


def _all_at_once(flat: Any) -> list[str]:
    """Round float32 numbers to six or nine digits, and let orjson write what that gives.

    orjson writes the fewest digits that give a float64 back: those to which it was rounded.
    """
    sizes = np.abs(flat.astype(np.float64))
    is_plain = (sizes >= _LEAST) & (sizes < _LIMIT) | (sizes == 0)
    numbers = np.where(is_plain, flat.astype(np.float64), 1.0)
    place = len(_SIZES) - np.searchsorted(_SIZES, np.abs(numbers), side="right")
    six_powers, nine_powers = _POWERS[place], _POWERS[place + 3]
    moved = numbers * nine_powers
    nine = np.rint(moved)
    is_plain &= np.abs(moved - nine) < 0.5 - 1e-5  # the product is not exact
    six_digits = np.rint(numbers * six_powers) / six_powers
    is_kept = six_digits.astype(np.float32) == flat
    rounded = np.where(is_kept, six_digits, nine / nine_powers)
    texts = orjson.dumps(rounded, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].decode().split(",")
    others = np.flatnonzero(~is_plain)
    for index, text in zip(others.tolist(), _one_by_one(flat[others]), strict=True):
        texts[index] = text
    return texts
