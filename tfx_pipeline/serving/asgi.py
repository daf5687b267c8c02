"""Serving an application from an ASGI server, such as uvicorn, instead of our own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tfx_pipeline.serving.http_messages import Request, Response


async def respond_to_asgi(
    respond: Callable[[Request], Awaitable[Response]], scope: Any, receive: Any, send: Any
) -> None:
    """Answer one request of an ASGI server.

    Raises:
        NotImplementedError: it is no request of HTTP; servers take this to mean that they need
            not ask.
    """
    if scope["type"] != "http":
        raise NotImplementedError(f"this application speaks HTTP only, got {scope['type']!r}")
    parts, more = [], True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        parts.append(event.get("body", b""))
        more = event.get("more_body", False)
    query = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    method = scope["method"].encode()
    response = await respond(Request(method, target, dict(scope["headers"]), b"".join(parts)))
    headers = [
        (b"content-type", response.content_type),
        (b"content-length", b"%d" % len(response.body)),
    ]
    for line in response.headers.splitlines():
        name, _, value = line.partition(b": ")
        headers.append((name.lower(), value))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
