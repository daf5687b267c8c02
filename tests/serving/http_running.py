"""An HTTP server of ours on a loop of its own, clients that speak in raw bytes, and any bodies."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import math
import socket
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from tests.serving.running import LoopThread
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.http.server import HttpServer, start_http


class ThreadServer(LoopThread):
    """Serves the application that `make` gives; it is made on the server's loop."""

    def __init__(self, make: Callable[[], Any], options: ServerOptions) -> None:
        super().__init__()
        self._make, self._options = make, options
        self.app: Any = None
        try:
            self.server: HttpServer = self.run(self._start())
        except BaseException:
            self.end()
            raise
        self.port = self.server.port

    async def _start(self) -> HttpServer:
        self.app = self._make()
        if asyncio.iscoroutine(self.app):
            self.app = await self.app
        return await start_http(self.app, self._options)

    def connect(self, timeout_s: float = 60) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout_s)

    def call(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request; names of headers with `_` for `-`; names in the answer are small."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(client):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            client.request(method, path, body, named)
            answer = client.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, found, answer.read()

    def error(self, method: str, path: str, body: bytes | str | None = None) -> tuple[int, str]:
        """Send one request, and return the status and the text of the error."""
        status, _, answer = self.call(method, path, body)
        return status, json.loads(answer)["error"]


@contextlib.contextmanager
def serving(
    make: Callable[[], Any], options: ServerOptions | None = None
) -> Iterator[ThreadServer]:
    """Serve for the length of a `with`."""
    server = ThreadServer(make, options or ServerOptions())
    try:
        yield server
    finally:
        with contextlib.suppress(RuntimeError):
            server.run(server.server.stop(0.1))
        server.end()


def read_all(client: socket.socket) -> bytes:
    """Read until the server closes."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


_SCALARS = st.one_of(
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(max_size=5),
    st.sampled_from([math.inf, -math.inf, math.nan, 1e308, 2**31, 2**63, -(2**63) - 1]),
)
_NAMES = st.sampled_from(["x", "b64", "a", "n", "s", "", "\ud800"])
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=12,
)
_KEYS = st.sampled_from(["instances", "inputs", "examples", "context", "signature_name", "z"])


def any_bodies() -> st.SearchStrategy[bytes]:
    """Make bodies as a fuzzer does: documents, near-documents, and bytes."""
    documents = st.dictionaries(_KEYS, _VALUES, max_size=3).map(
        lambda each: json.dumps(each).encode()
    )
    broken = st.tuples(documents, st.integers(0, 60), st.binary(max_size=3)).map(
        lambda each: each[0][: each[1]] + each[2] + each[0][each[1] :]
    )
    return st.one_of(documents, st.binary(max_size=200), broken)
