"""A request and a response of HTTP, as the REST application sees them."""

from __future__ import annotations

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

    Attributes:
        status: code.
        body: sent as it is.
        content_type: of the body.
        headers: further ones, each with its end of line.
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
