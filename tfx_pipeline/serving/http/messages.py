"""A request and a response of HTTP, as the REST application sees them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

KNOWN_HEADERS = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"expect",
        b"origin",
        b"transfer-encoding",
    }
)
"""The headers of a request that mean something here; a connection keeps no other."""

JSON = b"application/json"
HTML = b"text/html"
TEXT = b"text/plain"

MOST_UNPACKED = 100 * 1024 * 1024
"""Bytes; TensorFlow Serving takes a body that unpacks to more for an empty one."""

_GZIP_ONLY = 31  # zlib's code: the largest window, with gzip's header and checksum
_GZIP_MAGIC = b"\x1f\x8b"
_SIZE_AT_THE_END = struct.Struct("<I")  # RFC 1952, ISIZE
_MOST_DEFLATED = 1032  # bytes that one byte can stand for: 258 by a match of two bits


class Request(NamedTuple):
    """A whole request.

    Attributes:
        method: in capitals.
        target: as it was sent: path, query and all, still encoded.
        headers: at least the known ones, by name in small letters.
        body: still packed if `content-encoding` says so.
    """

    method: bytes
    target: bytes
    headers: Mapping[bytes, bytes]
    body: bytes


class Response(NamedTuple):
    """A whole response; its length, date and connection are the server's concern.

    Further headers have each their end of line.
    """

    status: int
    body: bytes
    content_type: bytes = JSON
    headers: bytes = b""


Reply = Callable[[Response], None]


class App(Protocol):
    """What a server serves."""

    def answer(self, request: Request, reply: Reply) -> Coroutine[Any, Any, Response] | None:
        """Answer a request by calling `reply` once, now or later; or return what gives the answer.

        A reply costs a tenth of what a coroutine costs. Neither raises for what a client sends.
        """

    def takes_body(self, headers: Mapping[bytes, bytes]) -> bool:
        """Tell whether the body of a request with these headers matters; if not, it is not kept."""
        return True


def reason(status: int) -> str:
    """Return the phrase of a status, also of the one that is nobody's standard."""
    return "Client Closed Request" if status == 499 else HTTPStatus(status).phrase


def html_error(status: int) -> Response:
    """Make the page of libevent, which answers in TensorFlow Serving what its routes do not."""
    phrase = reason(status)
    body = (
        f"<HTML><HEAD>\n<TITLE>{status} {phrase}</TITLE>\n</HEAD><BODY>\n"
        f"<H1>{phrase}</H1>\n</BODY></HTML>\n"
    )
    return Response(status, body.encode(), HTML)


def unpacked_size(body: bytes) -> int:
    """Read what size a body packed with gzip says it has unpacked; 0: none that it can have.

    It can be a lie: `unpacked` unpacks no more than this.
    """
    if not body.startswith(_GZIP_MAGIC) or len(body) < _SIZE_AT_THE_END.size:
        return 0
    (size,) = _SIZE_AT_THE_END.unpack_from(body, len(body) - _SIZE_AT_THE_END.size)
    return size if size <= min(MOST_UNPACKED, len(body) * _MOST_DEFLATED) else 0


def unpacked(body: bytes, size: int) -> bytes:
    """Unpack a body from gzip to the size that it says it has; see `unpacked_size`.

    Empty if it is no gzip, is cut, has several members or any other tail, or has not that size.
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
