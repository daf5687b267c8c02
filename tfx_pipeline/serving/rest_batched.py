"""Predict requests in row form that a batch answers: without a coroutine, arrays and text."""

from __future__ import annotations

import time
from typing import Any

from tfx_pipeline.serving import inference, json_parse, json_request, json_response
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.http_messages import Reply, Response
from tfx_pipeline.serving.json_rows import JsonRows
from tfx_pipeline.serving.metrics import Metrics, code_of
from tfx_pipeline.serving.types import ModelSpec
from tfx_pipeline.serving.version_life import Version


class BatchedPrediction:
    """One request; the batch takes it for a future, see `batch_run.Waiter`.

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
        """Put the rows into a batch; false, and nothing done, if the request is not that plain."""
        try:
            version: Version = manager.lease(spec)
            servable = version.acquire()
        except ServingError:
            return False
        try:
            runner: Any = servable.runner
            if not getattr(runner, "takes_rows", False):
                return self._give_up(version)
            document = json_parse.parse(body)
            if not json_request.has_rows(document):
                return self._give_up(version)
            name = json_request.signature_name(document)
            signature = inference.find_signature(servable, name)
            inference.check_predicts(signature, settings)
            rows = JsonRows(document["instances"], signature)
            self._version, self._rows, self._runner = version, rows, runner
            self._run_started = time.perf_counter()
            self._fetches = runner.begin(rows, timeout_s, self)
        except ServingError:  # the usual way finds it again, and says it
            return self._give_up(version)
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
        self._runner.ended()
        self._reply(response)

    def _give_up(self, version: Version) -> bool:
        version.release()
        return False
