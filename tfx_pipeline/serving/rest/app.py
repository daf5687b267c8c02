"""The REST API of TensorFlow Serving, as an application of our HTTP server.

Not of TensorFlow Serving: a bearer token, if the options name a file with one.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from tfx_pipeline.serving import inference
from tfx_pipeline.serving.config.options import BearerToken, ServerOptions
from tfx_pipeline.serving.config.protos import read_message
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.http.messages import (
    TEXT,
    Reply,
    Request,
    Response,
    html_error,
    unpacked,
    unpacked_size,
)
from tfx_pipeline.serving.json.examples import serialized_examples
from tfx_pipeline.serving.json.parse import parse_document
from tfx_pipeline.serving.json.request import signature_name
from tfx_pipeline.serving.json.response import (
    classifications_body,
    error_body,
    metadata_document,
    regressions_body,
    status_document,
)
from tfx_pipeline.serving.memory import MemoryBudget
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.rest.prediction import Prediction, Predictor
from tfx_pipeline.serving.rest.routes import Route, find_route
from tfx_pipeline.serving.versions.manager import ServableManager

DEFAULT_METRICS_PATH = "/monitoring/prometheus/metrics"

_CORS = (
    b"Access-Control-Allow-Origin: *\r\n"
    b"Access-Control-Allow-Methods: POST, GET\r\n"
    b"Access-Control-Allow-Headers: Content-Type\r\n"
)
_CHALLENGE = b"WWW-Authenticate: Bearer\r\n"
_PREDICTIONS = frozenset({"predict", "classify", "regress"})
_HTTP_ORIGIN = re.compile(rb"https?://")
_UNPACK_IN_THREAD = 64 * 1024  # bytes; below, the thread costs more than the unpacking
_LOG = logging.getLogger(__name__)


class RestApp:
    """Answers requests; ServingError if a file that the options name cannot be used."""

    def __init__(
        self,
        manager: ServableManager,
        options: ServerOptions,
        metrics: Metrics,
        budget: MemoryBudget | None = None,
    ) -> None:
        self._manager = manager
        self._budget = budget or MemoryBudget()
        self._metrics = metrics
        timeout_ms = options.rest_api_timeout_in_ms
        self._timeout_s = timeout_ms / 1000 if timeout_ms > 0 else None
        self._cors = _CORS if options.rest_api_enable_cors_support else b""
        self._metrics_path = _metrics_path(options)
        self._token = BearerToken(options.bearer_token_file) if options.bearer_token_file else None
        self._settings = inference.Settings(
            check_method_name=options.enable_signature_method_name_check,
            observe_runtime=metrics.runtime,
        )
        self._predictor = Predictor(manager, metrics, self._settings, self._timeout_s, self._cors)
        self._actions: Mapping[str, Callable[[Route, bytes], Awaitable[bytes]]] = {
            "predict": self._predict,
            "classify": self._classify,
            "regress": self._regress,
            "status": self._status,
            "metadata": self._metadata,
        }

    def answer(self, request: Request, reply: Reply) -> Coroutine[Any, Any, Response] | None:
        """Answer a request; see `http.messages.App`."""
        method, target, headers, body = request
        if self._token or b"content-encoding" in headers:
            return self.respond(request)
        route = find_route(method, target)
        if route.action != "predict":
            return self.respond(request)
        prediction = Prediction(self._predictor, route.spec, reply)
        if prediction.begin(body):
            return None
        return self._counted(request, route, prediction.started, prediction.finish())

    def takes_body(self, headers: Mapping[bytes, bytes]) -> bool:
        """Tell whether a request with these headers may ask for anything: it brings the token."""
        return not self._token or self._token.is_in(headers.get(b"authorization", b""))

    async def respond(self, request: Request) -> Response:
        """Answer a request in a task; an error of any kind becomes a response."""
        started = time.perf_counter()
        method, target, headers, _ = request
        # A browser's preflight brings no token.
        if not self.takes_body(headers) and method != b"OPTIONS":
            return self._unauthenticated()
        route = find_route(method, target)
        if route.action == "invalid":
            return html_error(400)
        if self._metrics_path and route.path.partition(b"?")[0] == self._metrics_path:
            return self._metrics_page(route.path)
        if route.action == "foreign":
            return html_error(404)
        if method == b"OPTIONS":
            return self._preflight(headers)
        return await self._counted(request, route, started, self._run_action(request, route))

    async def _counted(
        self, request: Request, route: Route, started: float, work: Awaitable[Response]
    ) -> Response:
        """Wait for the response, or make that of an error, and count the request."""
        try:
            response, code = await work, Code.OK
        except ServingError as error:
            response, code = self._failure(error), error.code
        except Exception as error:  # the server goes on, and says where to look
            _LOG.exception("%s %r failed", request.method.decode(), request.target)
            failure = ServingError(Code.INTERNAL, f"{type(error).__name__}: {error}")
            response, code = self._failure(failure), failure.code
        api = route.action if route.action in _PREDICTIONS else ""
        elapsed_s = time.perf_counter() - started
        self._metrics.observe_request(route.spec.name, api, "REST", code, elapsed_s)
        return response

    def _unauthenticated(self) -> Response:
        error = ServingError(Code.UNAUTHENTICATED, "A valid bearer token is required")
        self._metrics.observe_request("", "", "REST", error.code, 0.0)
        return self._failure(error, _CHALLENGE)

    async def _run_action(self, request: Request, route: Route) -> Response:
        if route.problem:
            raise invalid_argument(route.problem)
        action = self._actions[route.action]
        if b"gzip" not in request.headers.get(b"content-encoding", b""):
            return Response(200, await action(route, request.body), headers=self._cors)
        size = unpacked_size(request.body) if route.action in _PREDICTIONS else 0
        with self._budget.hold(size):
            body = await self._unpacked(request.body, size)
            return Response(200, await action(route, body), headers=self._cors)

    async def _unpacked(self, packed: bytes, size: int) -> bytes:
        with self._budget.hold(size):  # while it is put together, it is there twice
            if size < _UNPACK_IN_THREAD:
                return unpacked(packed, size)
            return await asyncio.to_thread(unpacked, packed, size)

    async def _predict(self, route: Route, body: bytes) -> bytes:
        return await self._predictor.predict(route.spec, parse_document(body))

    async def _classify(self, route: Route, body: bytes) -> bytes:
        return classifications_body(await self._examples(inference.classify, route, body))

    async def _regress(self, route: Route, body: bytes) -> bytes:
        return regressions_body(await self._examples(inference.regress, route, body))

    async def _examples(self, run: Any, route: Route, body: bytes) -> Any:
        document = parse_document(body)
        name = signature_name(document)
        examples = serialized_examples(document)
        with self._manager.lease(route.spec) as servable:
            return await run(servable, name, examples, self._timeout_s, self._settings)

    async def _status(self, route: Route, _: bytes) -> bytes:
        # A version label does not count here, as in TensorFlow Serving.
        return status_document(self._manager.states(route.spec.name, route.spec.version))

    async def _metadata(self, route: Route, _: bytes) -> bytes:
        with self._manager.lease(route.spec) as servable:
            return metadata_document(servable, inference.metadata(servable))

    def _preflight(self, headers: Mapping[bytes, bytes]) -> Response:
        is_fine = _HTTP_ORIGIN.search(headers.get(b"origin", b"")) is not None
        code = Code.OK if is_fine else Code.FAILED_PRECONDITION
        self._metrics.observe_request("", "", "REST", code, 0.0)
        return Response(code.http_status, b"", headers=self._cors)

    def _metrics_page(self, path: bytes) -> Response:
        if path != self._metrics_path:
            expected = self._metrics_path.decode()
            text = f"Unexpected path: {path.decode()}. Should be {expected}"
            return Response(400, text.encode(), TEXT)
        return Response(200, self._metrics.render(), TEXT)

    def _failure(self, error: ServingError, headers: bytes = b"") -> Response:
        body = error_body(error.message)
        return Response(error.code.http_status, body, headers=self._cors + headers)


def _metrics_path(options: ServerOptions) -> bytes:
    if not options.monitoring_config_file:
        return b""
    config = read_message("MonitoringConfig", options.monitoring_config_file).prometheus_config
    return (config.path or DEFAULT_METRICS_PATH).encode() if config.enable else b""
