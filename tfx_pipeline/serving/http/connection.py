"""One connection of HTTP/1: bytes become requests, requests become responses, in their order.

The parser is llhttp, that of Node.js, through httptools. What is above it is small because it does
one thing only: whole requests in, whole responses out.

Terms:
    held: bytes of requests that are not answered yet, of one connection and of all.
    idle: no request is being answered, and no part of another has come.
    doomed: it closes when the requests that are in are answered.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Any

import httptools

from tfx_pipeline.serving.http.messages import KNOWN_HEADERS, Request, Response, html_error
from tfx_pipeline.serving.http.port import HttpPort
from tfx_pipeline.serving.memory import LARGE

MOST_HEAD_BYTES = 64 * 1024
"""Of a request line and headers."""
LINGER_S = 1.0
"""How long a client that is still sending has to read why it was refused."""
_APART_BYTES = 64 * 1024  # above it, joining head and body costs more than writing them apart
_CLOSE = b"Connection: close\r\n"
_KEEP_ALIVE = b"Connection: keep-alive\r\n"  # for HTTP/1.0; in HTTP/1.1 it goes without saying
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LOG = logging.getLogger(__name__)


class HttpConnection(asyncio.Protocol):
    """Parses, queues and answers; the port holds what connections have in common."""

    def __init__(self, port: HttpPort) -> None:
        self._port = port
        self._budget = port.budget
        self._transport: asyncio.Transport
        self._parser: Any = None
        self._queue: deque[tuple[Request | Response, bytes, int]] = deque()
        self._current: tuple[bytes, bytes, int] | None = None  # method, header, size; in work
        self._task: asyncio.Task[None] | None = None
        self._is_beginning = False
        self._in_head = False
        self._in_body = False
        self._head_bytes = 0
        self._held = 0
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._drops_body = False  # of a request that is refused whatever is in it
        self._is_deaf = False  # refused: what still comes is dropped
        self._is_doomed = False
        self._is_writable = True
        self._moved = port.now_s
        self._unsent = 0

    # What the event loop calls.

    def connection_made(self, transport: Any) -> None:
        """Take the transport."""
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._port.add(self)

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        if self._is_deaf:
            return
        self._held += len(data)
        self._budget.held += len(data)
        if self._in_body:
            self._moved = self._port.now_s  # a head must come in one time-out, a body may go on
        else:
            self._head_bytes += len(data)
        self._parse(data)
        if self._in_head and self._head_bytes > MOST_HEAD_BYTES:
            self._refuse(html_error(431))
        elif self._budget.held > self._budget.most and self._in_body:
            self._refuse(self._port.too_much())

    def eof_received(self) -> bool:
        """Answer what is in, to a client that has only stopped to send."""
        self._is_doomed = True
        self._in_head = self._in_body = False  # what is half here stays so
        return bool(self._current or self._queue) and not self._port.is_tls

    def pause_writing(self) -> None:
        """Begin no other request for a client that does not read."""
        self._is_writable = False
        self._moved = self._port.now_s

    def resume_writing(self) -> None:
        """Go on."""
        self._is_writable = True
        self._moved = self._port.now_s
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget what is not begun; what is begun ends, and nobody reads it."""
        for _, _, size in self._queue:
            self._budget.held -= size
        self._queue.clear()
        self._budget.held -= self._held
        if self._held >= LARGE:
            self._budget.had_large = True
        self._held = 0
        self._is_deaf = True
        self._port.remove(self)

    # What the parser calls.

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_head = True
        self._url, self._headers, self._body = b"", {}, []
        self._moved = self._port.now_s

    def on_url(self, part: bytes) -> None:
        """Add to the target."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header that means something here."""
        name = name.lower()
        if name in KNOWN_HEADERS:
            self._headers[name] = value

    def on_headers_complete(self) -> None:
        """Encourage a client that waits for it."""
        self._in_head, self._in_body, self._head_bytes = False, True, 0
        self._drops_body = not self._port.app.takes_body(self._headers)
        expects = self._headers.get(b"expect", b"").lower() == b"100-continue"
        if expects and self._current is None and self._parser.get_http_version() == "1.1":
            self._transport.write(_CONTINUE)

    def on_body(self, part: bytes) -> None:
        """Add to the body."""
        if self._drops_body:
            self._held -= len(part)
            self._budget.held -= len(part)
            return
        self._body.append(part)

    def on_message_complete(self) -> None:
        """Answer the request, or queue it behind the one that is being answered."""
        if self._parser.should_upgrade():
            return  # see _pass_over_upgrade
        self._in_body, self._head_bytes = False, 0
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body = []
        request = Request(self._parser.get_method(), self._url, self._headers, body)
        connection = _CLOSE
        if self._parser.should_keep_alive():
            connection = b"" if self._parser.get_http_version() == "1.1" else _KEEP_ALIVE
        size, self._held = self._held, 0
        self._queue.append((request, connection, size))
        if self._current is None and self._is_writable:
            self._next()
        else:
            self._transport.pause_reading()

    # What the port calls.

    def drain(self) -> None:
        """Close when the requests that are in, or coming in, are answered; at once if idle."""
        self._is_doomed = True
        if self._current is None and not self._queue and not self._in_head and not self._in_body:
            self._transport.close()

    def close_if_stuck(self, before_s: float) -> None:
        """Close if nothing has come from the client, or gone to it, since a time."""
        unsent = self._transport.get_write_buffer_size()
        if unsent < self._unsent:
            self._moved = self._port.now_s
        self._unsent = unsent
        if self._moved < before_s and (unsent or self._current is None):
            self.abort()

    def abort(self) -> None:
        """Close, and drop what is not sent."""
        self._transport.abort()

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._pass_over_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError:
            _LOG.exception("a request could not be taken")
            self._refuse(html_error(500))
        except httptools.HttpParserError:
            self._refuse(html_error(400))

    def _pass_over_upgrade(self, rest: bytes) -> None:
        """Go on in this protocol, though the client offers another, as those of Java do.

        The parser has taken the body for the other protocol: another one gets the head without the
        offer, and what came after it.
        """
        method = self._parser.get_method()
        if method == b"CONNECT":
            self._refuse(html_error(501))
            return
        version = self._parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self._url, version)]
        lines += [
            b"%b: %b" % (name, value)
            for name, value in self._headers.items()
            if name != b"expect"  # was answered
        ]
        self._parser = httptools.HttpRequestParser(self)
        self._parse(b"\r\n".join([*lines, b"\r\n"]) + rest)

    def _refuse(self, response: Response) -> None:
        """Answer what cannot become a request, behind those that are in, and close."""
        self._in_head = self._in_body = False
        self._is_deaf = self._is_doomed = True
        self._body = []
        self._queue.append((response, _CLOSE, 0))
        self._next()

    def _next(self) -> None:
        """Begin the requests that wait, one after the other, until one takes its time."""
        if self._is_beginning:
            return
        self._is_beginning = True
        while self._current is None and self._is_writable and not self._transport.is_closing():
            if not self._queue:
                self._transport.resume_reading()
                break
            request, connection, size = self._queue.popleft()
            if isinstance(request, Request):
                self._begin(request, connection, size)
            else:
                self._write_last(request, connection)
        self._is_beginning = False

    def _begin(self, request: Request, connection: bytes, size: int) -> None:
        self._current = (request.method, connection, size)
        try:
            coroutine = self._port.app.answer(request, self._reply)
        except Exception:
            self._fail(request)
            return
        if coroutine is not None:
            self._task = self._port.loop.create_task(self._wait_for(request, coroutine))

    async def _wait_for(self, request: Request, coroutine: Coroutine[Any, Any, Response]) -> None:
        try:
            response = await coroutine
        except Exception:
            self._fail(request)
        else:
            self._reply(response)

    def _fail(self, request: Request) -> None:
        _LOG.exception("%r %r failed", request.method, request.target)
        self._reply(html_error(500))

    def _reply(self, response: Response) -> None:
        """Answer the request in work, and go on with the next one."""
        assert self._current is not None
        method, connection, size = self._current
        self._current = self._task = None
        self._budget.held -= size
        if size >= LARGE:
            self._budget.had_large = True
        if self._transport.is_closing():
            return
        if self._is_doomed and not self._queue and not self._in_head and not self._in_body:
            connection = _CLOSE
        if method == b"HEAD":
            response = response._replace(body=b"")
        self._write(response, connection)
        if connection is _CLOSE:
            self._transport.close()
        else:
            self._next()

    def _write_last(self, response: Response, connection: bytes) -> None:
        """Answer what was refused; to close now would take that from who is still sending."""
        self._write(response, connection)
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        self._port.loop.call_later(LINGER_S, self._transport.close)

    def _write(self, response: Response, connection: bytes) -> None:
        body = response.body
        head = self._port.head(response.status, response.content_type)
        head = b"%b%b%bContent-Length: %d\r\n\r\n" % (
            head,
            response.headers,
            connection,
            len(body),
        )
        if len(body) > _APART_BYTES:
            self._transport.writelines((head, body))
        else:
            self._transport.write(head + body)
        self._moved = self._port.now_s
