"""The HTTP door of the server: opening its port, TLS, and closing without losing a request."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import ssl
from dataclasses import dataclass

from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.http.connection import HttpConnection
from tfx_pipeline.serving.http.messages import App
from tfx_pipeline.serving.http.port import HttpPort
from tfx_pipeline.serving.memory import MemoryBudget

_BACKLOG = 4096
_PENDING_S = 0.05
"""Between the last connection and the closing of the idle ones: what was sent can still come."""


@dataclass(frozen=True)
class HttpServer:
    """A server that answers, at the port that was asked for or that the system chose."""

    port: int
    _server: asyncio.AbstractServer
    _shared: HttpPort

    async def stop(self, grace_s: float = 10.0) -> None:
        """Take no more connections, answer what is in, and cut off the rest after `grace_s`."""
        self._server.close()
        await asyncio.sleep(_PENDING_S)
        await self._shared.drain(grace_s)


async def start_http(
    app: App, options: ServerOptions, budget: MemoryBudget | None = None
) -> HttpServer:
    """Listen at `bind_address` and `rest_api_port`, 0 for any; the loop that runs serves.

    ServingError: the port is in use or not allowed, the address is not this machine's, or the files
    of the certificate cannot be used.
    """
    context = tls_context(options.rest_tls_cert_file, options.rest_tls_key_file)
    listener = _listener(options.bind_address, options.rest_api_port, options.workers > 1)
    raise_descriptor_limit()
    shared = HttpPort(app, context is not None, budget)
    server = await shared.loop.create_server(
        lambda: HttpConnection(shared), sock=listener, ssl=context, backlog=_BACKLOG
    )
    return HttpServer(listener.getsockname()[1], server, shared)


def tls_context(certificate: str, key: str) -> ssl.SSLContext | None:
    """Read a certificate and its key, no names: no TLS; ServingError if they cannot be used."""
    if not certificate and not key:
        return None
    if not certificate or not key:
        raise invalid_argument("rest_tls_cert_file and rest_tls_key_file go together")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise invalid_argument(f"{certificate}, {key}: {error}") from error
    return context


def raise_descriptor_limit() -> None:
    """Let this process open as many connections as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listener(address: str, port: int, is_shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            # `::` is every address of both kinds, as in TensorFlow Serving.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((address.strip("[]"), port))
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        text = f"Failed to start HTTP Server at {address}:{port}: {error.strerror or error}"
        raise ServingError(Code.UNAVAILABLE, text) from error
    return listener
