"""FarmHash64, by which TensorFlow puts strings into buckets: the same on every platform.

Source: `farmhashna::Hash64` of Google's FarmHash (MIT licence), https://github.com/google/farmhash.
Names are those of the source; all numbers are unsigned and of 64 bits.
"""

from __future__ import annotations

import functools

_MASK = 2**64 - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


@functools.lru_cache(65_536)
def farm_hash_64(text: bytes) -> int:
    """Hash bytes of any length: from 0 to 2**64 - 1."""
    if len(text) <= 16:
        return _hash_0_to_16(text)
    if len(text) <= 32:
        return _hash_17_to_32(text)
    if len(text) <= 64:
        return _hash_33_to_64(text)
    return _hash_long(text)


def _fetch(text: bytes, place: int, size: int = 8) -> int:
    return int.from_bytes(text[place : place + size], "little")


def _rotate(value: int, shift: int) -> int:
    return (value >> shift | value << (64 - shift)) & _MASK


def _shift_mix(value: int) -> int:
    return value ^ value >> 47


def _hash_16(u: int, v: int, factor: int) -> int:
    a = _shift_mix((u ^ v) * factor & _MASK)
    return _shift_mix((v ^ a) * factor & _MASK) * factor & _MASK


def _hash_0_to_16(text: bytes) -> int:
    size = len(text)
    factor = _K2 + size * 2
    if size >= 8:
        a, b = _fetch(text, 0) + _K2 & _MASK, _fetch(text, size - 8)
        c = _rotate(b, 37) * factor + a & _MASK
        d = (_rotate(a, 25) + b) * factor & _MASK
        return _hash_16(c, d, factor)
    if size >= 4:
        return _hash_16(size + (_fetch(text, 0, 4) << 3), _fetch(text, size - 4, 4), factor)
    if size:
        y = text[0] + (text[size >> 1] << 8)
        z = size + (text[-1] << 2)
        return _shift_mix(y * _K2 & _MASK ^ z * _K0 & _MASK) * _K2 & _MASK
    return _K2


def _hash_17_to_32(text: bytes) -> int:
    size = len(text)
    factor = _K2 + size * 2
    a, b = _fetch(text, 0) * _K1 & _MASK, _fetch(text, 8)
    c, d = _fetch(text, size - 8) * factor & _MASK, _fetch(text, size - 16) * _K2 & _MASK
    first = _rotate(a + b & _MASK, 43) + _rotate(c, 30) + d & _MASK
    return _hash_16(first, a + _rotate(b + _K2 & _MASK, 18) + c & _MASK, factor)


def _hash_33_to_64(text: bytes) -> int:
    size = len(text)
    factor = _K2 + size * 2
    a, b = _fetch(text, 0) * _K2 & _MASK, _fetch(text, 8)
    c, d = _fetch(text, size - 8) * factor & _MASK, _fetch(text, size - 16) * _K2 & _MASK
    y = _rotate(a + b & _MASK, 43) + _rotate(c, 30) + d & _MASK
    z = _hash_16(y, a + _rotate(b + _K2 & _MASK, 18) + c & _MASK, factor)
    e, f = _fetch(text, 16) * factor & _MASK, _fetch(text, 24)
    g = (y + _fetch(text, size - 32)) * factor & _MASK
    h = (z + _fetch(text, size - 24)) * factor & _MASK
    first = _rotate(e + f & _MASK, 43) + _rotate(g, 30) + h & _MASK
    return _hash_16(first, e + _rotate(f + a & _MASK, 18) + g & _MASK, factor)


def _weak(text: bytes, place: int, a: int, b: int) -> tuple[int, int]:
    """Hash 32 bytes with two seeds."""
    w, x, y, z = (_fetch(text, place + offset) for offset in (0, 8, 16, 24))
    a = a + w & _MASK
    b = _rotate(b + a + z & _MASK, 21)
    c = a
    a = a + x + y & _MASK
    b = b + _rotate(a, 44) & _MASK
    return a + z & _MASK, b + c & _MASK


def _hash_long(text: bytes) -> int:
    seed, size = 81, len(text)
    x = seed
    y = seed * _K1 + 113 & _MASK
    z = _shift_mix(y * _K2 + 113 & _MASK) * _K2 & _MASK
    v, w = (0, 0), (0, 0)
    x = x * _K2 + _fetch(text, 0) & _MASK
    last = (size - 1) // 64 * 64
    for place in range(0, last, 64):
        x = _rotate(x + y + v[0] + _fetch(text, place + 8) & _MASK, 37) * _K1 & _MASK
        y = _rotate(y + v[1] + _fetch(text, place + 48) & _MASK, 42) * _K1 & _MASK
        x ^= w[1]
        y = y + v[0] + _fetch(text, place + 40) & _MASK
        z = _rotate(z + w[0] & _MASK, 33) * _K1 & _MASK
        v = _weak(text, place, v[1] * _K1 & _MASK, x + w[0] & _MASK)
        w = _weak(text, place + 32, z + w[1] & _MASK, y + _fetch(text, place + 16) & _MASK)
        z, x = x, z
    factor = _K1 + ((z & 0xFF) << 1) & _MASK
    place = size - 64
    w = (w[0] + ((size - 1) & 63) & _MASK, w[1])
    v = (v[0] + w[0] & _MASK, v[1])
    w = (w[0] + v[0] & _MASK, w[1])
    x = _rotate(x + y + v[0] + _fetch(text, place + 8) & _MASK, 37) * factor & _MASK
    y = _rotate(y + v[1] + _fetch(text, place + 48) & _MASK, 42) * factor & _MASK
    x ^= w[1] * 9 & _MASK
    y = y + v[0] * 9 + _fetch(text, place + 40) & _MASK
    z = _rotate(z + w[0] & _MASK, 33) * factor & _MASK
    v = _weak(text, place, v[1] * factor & _MASK, x + w[0] & _MASK)
    w = _weak(text, place + 32, z + w[1] & _MASK, y + _fetch(text, place + 16) & _MASK)
    z, x = x, z
    first = _hash_16(v[0], w[0], factor) + _shift_mix(y) * _K0 + z & _MASK
    return _hash_16(first, _hash_16(v[1], w[1], factor) + x & _MASK, factor)
