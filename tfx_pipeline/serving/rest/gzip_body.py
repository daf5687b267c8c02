"""Bodies of requests that are packed with gzip."""

from __future__ import annotations

import struct
import zlib

MOST_UNPACKED = 100 * 1024 * 1024
"""Bytes; TensorFlow Serving takes a body that unpacks to more for an empty one."""

_GZIP_ONLY = 31  # zlib's code: the largest window, with gzip's header and checksum
_GZIP_MAGIC = b"\x1f\x8b"
_SIZE_AT_THE_END = struct.Struct("<I")  # RFC 1952, ISIZE
_MOST_DEFLATED = 1032  # bytes that one byte can stand for: 258 by a match of two bits


def unpacked_size(body: bytes) -> int:
    """Read what size a body packed with gzip says it has unpacked.

    It can be a lie: `unpacked` unpacks no more than this.

    Returns:
        Bytes; 0 if it cannot be that, or is too much.
    """
    if not body.startswith(_GZIP_MAGIC) or len(body) < _SIZE_AT_THE_END.size:
        return 0
    (size,) = _SIZE_AT_THE_END.unpack_from(body, len(body) - _SIZE_AT_THE_END.size)
    return size if size <= min(MOST_UNPACKED, len(body) * _MOST_DEFLATED) else 0


def unpacked(body: bytes, size: int) -> bytes:
    """Unpack a body from gzip.

    Args:
        body: packed.
        size: what it says it has; see `unpacked_size`.

    Returns:
        What was packed; empty if the body is no gzip, is cut, has several members or any other
        tail, or has not that size.
    """
    if not size:
        return b""  # and not a limit of 0, which to zlib is none
    unpacker = zlib.decompressobj(_GZIP_ONLY)
    try:
        result = unpacker.decompress(body, size)
        if not unpacker.eof:  # all of it is there; the checksum behind it is still to be read
            result += unpacker.decompress(unpacker.unconsumed_tail, 1)
    except zlib.error:
        return b""
    return result if unpacker.eof and not unpacker.unused_data else b""
