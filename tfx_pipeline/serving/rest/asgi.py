"""Serving an application from an ASGI server, such as uvicorn, instead of our own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.http.messages import Request, Response
from tfx_pipeline.serving.json import response as json_response
from tfx_pipeline.serving.memory import MemoryBudget, Reservation


async def respond_to_asgi(
    respond: Callable[[Request], Awaitable[Response]],
    budget: MemoryBudget,
    scope: Any,
    receive: Any,
    send: Any,
) -> None:
    """Answer one request of an ASGI server.

    Args:
        respond: answers.
        budget: what the bodies of all requests may hold.
        scope: of ASGI, as the next two.
        receive: gives the parts of the request.
        send: takes those of the response.

    Raises:
        NotImplementedError: it is no request of HTTP; servers take this to mean that they need
            not ask.
    """
    if scope["type"] != "http":
        raise NotImplementedError(f"this application speaks HTTP only, got {scope['type']!r}")
    try:
        with budget.hold(0) as reservation:
            response = await _response(respond, reservation, scope, receive)
    except ServingError as error:
        response = Response(error.code.http_status, json_response.error(error.message))
    if response is not None:
        await _send(response, send)


async def _response(
    respond: Callable[[Request], Awaitable[Response]],
    reservation: Reservation,
    scope: Any,
    receive: Any,
) -> Response | None:
    parts, more = [], True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        parts.append(event.get("body", b""))
        reservation.add(len(parts[-1]))
        more = event.get("more_body", False)
    query = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    method = scope["method"].encode()
    return await respond(Request(method, target, dict(scope["headers"]), b"".join(parts)))


async def _send(response: Response, send: Any) -> None:
    headers = [
        (b"content-type", response.content_type),
        (b"content-length", b"%d" % len(response.body)),
    ]
    for line in response.headers.splitlines():
        name, _, value = line.partition(b": ")
        headers.append((name.lower(), value))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})
