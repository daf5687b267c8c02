"""FarmHash fingerprints in plain Python: what TensorFlow Data Validation needs of `pyfarmhash`.

`pyfarmhash` 0.3.2, the newest release that TensorFlow Data Validation accepts, exists as source
only: installing it takes a C++ compiler. TFDV calls two functions of it, once per feature name or
compared row; these are the same two, bit for bit.

Source: Google's FarmHash (MIT licence), `farmhashna::Hash64` and `farmhashmk::Hash32`.

Terms:
    word: an unsigned integer of 32 or 64 bits; all arithmetic wraps around at its size.
    fetch: read a little-endian word of the text at a byte offset.
"""

from struct import unpack_from

_MASK64 = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_MASK32 = (1 << 32) - 1
_C1, _C2 = 0xCC9E2D51, 0x1B873593


def fingerprint64(text):
    """Return the 64-bit fingerprint of `text` (`bytes`, or `str` taken as UTF-8)."""
    data = _to_bytes(text)
    if len(data) <= 16:
        return _hash64_up_to_16(data)
    if len(data) <= 32:
        return _hash64_up_to_32(data)
    if len(data) <= 64:
        return _hash64_up_to_64(data)
    return _hash64_long(data)


def fingerprint32(text):
    """Return the 32-bit fingerprint of `text` (`bytes`, or `str` taken as UTF-8)."""
    data = _to_bytes(text)
    if len(data) <= 4:
        return _hash32_up_to_4(data)
    if len(data) <= 12:
        return _hash32_up_to_12(data)
    if len(data) <= 24:
        return _hash32_up_to_24(data)
    return _hash32_long(data)


def _to_bytes(text):
    return text.encode() if isinstance(text, str) else bytes(text)


def _fetch64(data, at):
    return unpack_from("<Q", data, at)[0]


def _rotate64(word, count):
    word &= _MASK64
    return (word >> count | word << (64 - count)) & _MASK64


def _shift_mix(word):
    word &= _MASK64
    return word ^ word >> 47


def _hash64_pair(u, v, factor):
    a = _shift_mix((u ^ v) * factor)
    return _shift_mix((v ^ a) * factor) * factor & _MASK64


def _hash64_up_to_16(data):
    size = len(data)
    factor = _K2 + size * 2
    if size >= 8:
        a = _fetch64(data, 0) + _K2 & _MASK64
        b = _fetch64(data, size - 8)
        c = _rotate64(b, 37) * factor + a & _MASK64
        d = (_rotate64(a, 25) + b) * factor & _MASK64
        return _hash64_pair(c, d, factor)
    if size >= 4:
        return _hash64_pair(size + (_fetch32(data, 0) << 3), _fetch32(data, size - 4), factor)
    if size > 0:
        y = data[0] + (data[size >> 1] << 8)
        z = size + (data[-1] << 2)
        return _shift_mix(y * _K2 ^ z * _K0) * _K2 & _MASK64
    return _K2


def _hash64_up_to_32(data):
    size = len(data)
    factor = _K2 + size * 2
    a = _fetch64(data, 0) * _K1 & _MASK64
    b = _fetch64(data, 8)
    c = _fetch64(data, size - 8) * factor & _MASK64
    d = _fetch64(data, size - 16) * _K2
    u = _rotate64(a + b, 43) + _rotate64(c, 30) + d & _MASK64
    v = a + _rotate64(b + _K2, 18) + c & _MASK64
    return _hash64_pair(u, v, factor)


def _hash64_up_to_64(data):
    size = len(data)
    factor = _K2 + size * 2
    a = _fetch64(data, 0) * _K2 & _MASK64
    b = _fetch64(data, 8)
    c = _fetch64(data, size - 8) * factor & _MASK64
    d = _fetch64(data, size - 16) * _K2
    y = _rotate64(a + b, 43) + _rotate64(c, 30) + d & _MASK64
    z = _hash64_pair(y, a + _rotate64(b + _K2, 18) + c & _MASK64, factor)
    e = _fetch64(data, 16) * factor & _MASK64
    f = _fetch64(data, 24)
    g = (y + _fetch64(data, size - 32)) * factor & _MASK64
    h = (z + _fetch64(data, size - 24)) * factor & _MASK64
    u = _rotate64(e + f, 43) + _rotate64(g, 30) + h & _MASK64
    v = e + _rotate64(f + a, 18) + g & _MASK64
    return _hash64_pair(u, v, factor)


def _hash64_weak(data, at, a, b):
    """Mix 32 bytes from `at` into the two words `a` and `b`."""
    w, x, y, z = unpack_from("<4Q", data, at)
    a += w
    b = _rotate64(b + a + z, 21)
    c = a
    a += x + y
    b += _rotate64(a, 44)
    return a + z & _MASK64, b + c & _MASK64


def _hash64_long(data):
    size = len(data)
    x, y = 81 * _K2 + _fetch64(data, 0) & _MASK64, 81 * _K1 + 113 & _MASK64
    z = _shift_mix(y * _K2 + 113) * _K2 & _MASK64
    v, w = (0, 0), (0, 0)
    for at in range(0, (size - 1) // 64 * 64, 64):
        x, y, z, v, w = _hash64_block(data, at, x, y, z, v, w, (_K1, 1))

    factor = _K1 + ((z & 0xFF) << 1)
    w0 = w[0] + (size - 1 & 63)
    v0 = v[0] + w0
    v, w = (v0 & _MASK64, v[1]), (w0 + v0 & _MASK64, w[1])
    x, y, z, v, w = _hash64_block(data, size - 64, x, y, z, v, w, (factor, 9))
    a = _hash64_pair(v[0], w[0], factor) + _shift_mix(y) * _K0 + z & _MASK64
    b = _hash64_pair(v[1], w[1], factor) + x & _MASK64
    return _hash64_pair(a, b, factor)


def _hash64_block(data, at, x, y, z, v, w, factors):
    """Mix 64 bytes from `at` into the state; the last block of a text has factors of its own."""
    factor, weight = factors
    x = _rotate64(x + y + v[0] + _fetch64(data, at + 8), 37) * factor & _MASK64
    y = _rotate64(y + v[1] + _fetch64(data, at + 48), 42) * factor & _MASK64
    x ^= w[1] * weight & _MASK64
    y += v[0] * weight + _fetch64(data, at + 40)
    z = _rotate64(z + w[0], 33) * factor & _MASK64
    v = _hash64_weak(data, at, v[1] * factor, x + w[0])
    w = _hash64_weak(data, at + 32, z + w[1], y + _fetch64(data, at + 16))
    return z, y & _MASK64, x, v, w


def _fetch32(data, at):
    return unpack_from("<I", data, at)[0]


def _rotate32(word, count):
    word &= _MASK32
    return (word >> count | word << (32 - count)) & _MASK32


def _scramble(word):
    return _rotate32(word * _C1, 17) * _C2 & _MASK32


def _step(h):
    return _rotate32(h, 19) * 5 + 0xE6546B64 & _MASK32


def _murmur(a, h):
    return _step(h ^ _scramble(a))


def _finish(h):
    h = (h ^ h >> 16) * 0x85EBCA6B & _MASK32
    h = (h ^ h >> 13) * 0xC2B2AE35 & _MASK32
    return h ^ h >> 16


def _hash32_up_to_4(data):
    b, c = 0, 9
    for byte in data:
        b = b * _C1 + (byte - 256 if byte > 127 else byte) & _MASK32
        c ^= b
    return _finish(_murmur(b, _murmur(len(data), c)))


def _hash32_up_to_12(data):
    size = len(data)
    a, b, d = size, size * 5, size * 5
    a += _fetch32(data, 0)
    b += _fetch32(data, size - 4)
    c = 9 + _fetch32(data, size >> 1 & 4)
    return _finish(_murmur(c, _murmur(b, _murmur(a, d))))


def _hash32_up_to_24(data):
    size = len(data)
    places = (size >> 1) - 4, 4, size - 8, size >> 1, 0, size - 4
    a, b, c, d, e, f = (_fetch32(data, at) for at in places)
    h = d * _C1 + size & _MASK32
    a = _rotate32(a, 12) + f
    h = _murmur(c, h) + a & _MASK32
    a = _rotate32(a, 3) + c
    h = _murmur(e, h) + a & _MASK32
    a = _rotate32(a + f, 12) + d
    return _finish(_murmur(b, h) + a & _MASK32)


def _hash32_long(data):
    size = len(data)
    tail = [_scramble(_fetch32(data, size - back)) for back in (4, 8, 16, 12, 20)]
    h = _step(_step(size ^ tail[0]) ^ tail[2])
    g = _step(_step(_C1 * size & _MASK32 ^ tail[1]) ^ tail[3])
    f = _rotate32(_C1 * size + tail[4], 19) + 113
    for at in range(0, (size - 1) // 20 * 20, 20):
        a, b, c, d, e = unpack_from("<5I", data, at)
        h, g, f = h + a & _MASK32, g + b & _MASK32, f + c & _MASK32
        h = _murmur(d, h) + e
        g = _murmur(c, g) + a
        f = _murmur(b + e * _C1, f) + d + g
        g += f
    g = _rotate32(_rotate32(g, 11) * _C1, 17) * _C1
    f = _rotate32(_rotate32(f, 11) * _C1, 17) * _C1
    h = _rotate32(_step(h + g), 17) * _C1
    return _rotate32(_step(h + f), 17) * _C1 & _MASK32
