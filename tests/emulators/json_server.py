"""JSON over real HTTP: what the stand-ins of services share."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """What a client sent: the first value of each name of the query; a body that is JSON."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any

    @property
    def token(self) -> str:
        """What stands behind `Bearer`."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


@dataclass(frozen=True)
class Answer:
    """What the server says.

    Attributes:
        status: of HTTP; 0: the connection is closed without an answer.
        body: JSON unless it is a text.
        delay_s: before it is said.
    """

    status: int
    body: Any = ""
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0


@contextlib.contextmanager
def json_server(answer: Callable[[Request], Answer]) -> Iterator[str]:
    """Serve on a free port; give the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            split = urlsplit(self.path)
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            query = {name: values[0] for name, values in parse_qs(split.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(text) if text.startswith(("{", "[")) else None
            said = answer(Request(self.command, split.path, query, headers, body))
            time.sleep(said.delay_s)
            if said.status == 0:
                self.close_connection = True
                return
            shown = said.body if isinstance(said.body, str) else json.dumps(said.body)
            self.send_response(said.status)
            kind = "text/html" if re.match(r"\s*<", shown) else "application/json"
            own = {"Content-Type": kind, "Content-Length": str(len(shown.encode()))}
            for name, value in {**own, **dict(said.headers)}.items():
                self.send_header(name, value)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it waited no longer
                self.end_headers()
                self.wfile.write(shown.encode())

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815 - their names

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
