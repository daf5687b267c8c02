"""What the connections of one port have in common: the application, clock, limits, their end."""

from __future__ import annotations

import asyncio
import contextlib
from email.utils import formatdate
from typing import Protocol

from tfx_pipeline.serving.http.messages import App, Response, reason
from tfx_pipeline.serving.json.response import error_body
from tfx_pipeline.serving.memory import MemoryBudget

STUCK_S = 50.0
"""A connection that does not move for so long is closed, as by libevent; also one that is idle."""
_TICK_S = 1.0
_TICKS_A_SWEEP = 5


class Connection(Protocol):
    """What a port asks of a connection."""

    def drain(self) -> None:
        """Close when the requests that are in, or coming in, are answered; at once if idle."""

    def close_if_stuck(self, before_s: float) -> None:
        """Close if nothing has come from the client, or gone to it, since a time."""

    def abort(self) -> None:
        """Close, and drop what is not sent."""


class HttpPort:
    """One port; `now_s` is the loop's time to a second."""

    def __init__(self, app: App, is_tls: bool = False, budget: MemoryBudget | None = None) -> None:
        self.app = app
        self.loop = asyncio.get_running_loop()
        self.is_tls = is_tls
        self.budget = budget or MemoryBudget()
        self._connections: set[Connection] = set()
        self._none_left = asyncio.Event()
        self._none_left.set()
        self._heads: dict[tuple[int, bytes], bytes] = {}
        self._ticks = 0
        self._tick()

    def add(self, connection: Connection) -> None:
        """Count a connection in."""
        self._connections.add(connection)
        self._none_left.clear()

    def remove(self, connection: Connection) -> None:
        """Count a connection out."""
        self._connections.discard(connection)
        if not self._connections:
            self._none_left.set()

    def head(self, status: int, content_type: bytes) -> bytes:
        """Write the lines of a response that many have in common."""
        try:
            return self._heads[status, content_type]
        except KeyError:
            date = formatdate(usegmt=True)
            head = f"HTTP/1.1 {status} {reason(status)}\r\nDate: {date}\r\nContent-Type: ".encode()
            return self._heads.setdefault((status, content_type), head + content_type + b"\r\n")

    def too_much(self) -> Response:
        """Refuse a body for which there is no memory."""
        error = self.budget.refusal()
        return Response(error.code.http_status, error_body(error.message))

    async def drain(self, grace_s: float) -> None:
        """Close what is idle, wait for what is being answered, and end the rest after `grace_s`."""
        for connection in list(self._connections):
            connection.drain()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._none_left.wait(), grace_s)
        for connection in list(self._connections):
            connection.abort()
        self._timer.cancel()

    def _tick(self) -> None:
        self.now_s = self.loop.time()
        self._heads.clear()  # the date in them is old
        self._ticks += 1
        if self._ticks % _TICKS_A_SWEEP == 0:
            for connection in list(self._connections):
                connection.close_if_stuck(self.now_s - STUCK_S)
        self._timer = self.loop.call_later(_TICK_S, self._tick)
