"""Predict requests in row form that need no coroutine: a batch answers them, or the model at once.

Terms:
    at once: on the event loop, see `direct`.
"""

from __future__ import annotations

import time
from typing import Any

from tfx_pipeline.serving import inference
from tfx_pipeline.serving.batching.direct import DirectRunner
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.http.messages import Reply, Response
from tfx_pipeline.serving.json import (
    parse as json_parse,
)
from tfx_pipeline.serving.json import (
    request as json_request,
)
from tfx_pipeline.serving.json import (
    response as json_response,
)
from tfx_pipeline.serving.json.rows import JsonRows
from tfx_pipeline.serving.metrics.metrics import Metrics, code_of
from tfx_pipeline.serving.types import ModelSpec
from tfx_pipeline.serving.versions.version_life import VersionLife


class Prediction:
    """One request; the batch takes it for a future, see `batching.request.Waiter`.

    Args:
        metrics: to count in.
        headers: of the response.
        reply: takes the response.
    """

    __slots__ = (
        "_fetches", "_headers", "_metrics", "_reply", "_rows", "_run_started", "_runner",
        "_started", "_version",
    )  # fmt: skip

    def __init__(self, metrics: Metrics, headers: bytes, reply: Reply) -> None:
        self._metrics = metrics
        self._headers = headers
        self._reply = reply
        self._started = time.perf_counter()

    def begin(
        self,
        manager: Any,
        spec: ModelSpec,
        body: bytes,
        timeout_s: float | None,
        settings: inference.Settings,
    ) -> bool:
        """Run the model on the rows, or let a batch do so.

        Returns:
            Whether the reply comes; if not, nothing was done, and the request is not that plain.
        """
        try:
            version: VersionLife = manager.lease(spec)
            servable = version.acquire()
        except ServingError:
            return False
        try:
            runner: Any = servable.runner
            is_direct = isinstance(runner, DirectRunner)
            if not (runner.has_loop if is_direct else getattr(runner, "takes_rows", False)):
                return self._give_up(version)
            document = json_parse.parse(body)
            if not json_request.has_rows(document):
                return self._give_up(version)
            name = json_request.signature_name(document)
            signature = inference.find_signature(servable, name)
            inference.check_predicts(signature, settings)
            rows = JsonRows(document["instances"], signature)
            self._version, self._rows = version, rows
            if is_direct:
                return self._run_now(runner)
            self._runner = runner
            self._run_started = time.perf_counter()
            self._fetches = runner.begin(rows, timeout_s, self)
        except ServingError:  # the usual way finds it again, and says it
            return self._give_up(version)
        return True

    def _run_now(self, runner: DirectRunner) -> bool:
        self._runner = None
        self._fetches = self._rows.signature.fetches
        inputs = self._rows.arrays()
        self._run_started = time.perf_counter()
        try:
            arrays = runner.run_now(inputs, self._fetches)
        except ServingError as error:
            self.set_exception(error)
            return True
        if arrays is None:
            return self._give_up(self._version)
        self.set_result(arrays)
        return True

    def done(self) -> bool:
        """Tell that it still waits."""
        return False

    def set_result(self, arrays: list[Any]) -> None:
        """Answer with what the model says."""
        body = self._rows.answer
        if body is None:
            try:
                outputs = self._rows.signature.outputs_of(self._fetches, arrays)
                body = json_response.predictions(outputs, True)
            except ServingError as error:
                self.set_exception(error)
                return
        now = time.perf_counter()
        self._metrics.predicted(self._version.model, now - self._started, now - self._run_started)
        self._end(Response(200, body, headers=self._headers))

    def set_exception(self, error: ServingError) -> None:
        """Answer with an error."""
        elapsed_s = time.perf_counter() - self._started
        code = code_of(error)
        self._metrics.observe_request(self._version.model, "predict", "REST", code, elapsed_s)
        body = json_response.error(error.message)
        self._end(Response(error.code.http_status, body, headers=self._headers))

    def _end(self, response: Response) -> None:
        self._version.release()
        if self._runner is not None:
            self._runner.ended()
        self._reply(response)

    def _give_up(self, version: VersionLife) -> bool:
        version.release()
        return False
