"""Predict requests, and which of three ways answers one.

    in a batch  rows, for a runner that makes batches: they stay JSON until their batch runs.
    at once     rows, for a runner without batches, while the event loop has nobody else to serve
                and if the model is quick; see `batching.direct`.
    in a task   all others, and what the two ways above refuse: this one finds what is wrong with a
                request in the order of TensorFlow Serving.

Only the third needs a coroutine. The body is parsed once, whichever it is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tfx_pipeline.serving import inference
from tfx_pipeline.serving.batching.direct import DirectRunner
from tfx_pipeline.serving.batching.scheduler import BatchingRunner
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.http.messages import Reply, Response
from tfx_pipeline.serving.json.parse import parse_document
from tfx_pipeline.serving.json.request import has_rows, predict_inputs, signature_name
from tfx_pipeline.serving.json.response import error_body, predictions_body
from tfx_pipeline.serving.json.rows import JsonRows
from tfx_pipeline.serving.metrics.metrics import Metrics, code_of
from tfx_pipeline.serving.types import ModelSpec, Servable
from tfx_pipeline.serving.versions.manager import ServableManager
from tfx_pipeline.serving.versions.version_life import VersionLife


@dataclass(frozen=True)
class Predictor:
    """What all predict requests share; without `timeout_s` a run has no limit."""

    manager: ServableManager
    metrics: Metrics
    settings: inference.Settings
    timeout_s: float | None
    headers: bytes

    async def predict(self, spec: ModelSpec, document: dict[str, Any]) -> bytes:
        """Answer a request of any form, in a task: return the body of the response, or raise."""
        name = signature_name(document)
        with self.manager.lease(spec) as servable:
            signature = inference.find_signature(servable, name, inference.NoSignature.REST_PREDICT)
            inputs, is_row = predict_inputs(document, signature.inputs)
            outputs = await inference.predict(
                servable, name, inputs, (), self.timeout_s, self.settings
            )
        return predictions_body(outputs, is_row)


class Prediction:
    """One request, begun at `started`; to a batch it is a future, see `batching.request.Waiter`."""

    __slots__ = (
        "_document", "_fetches", "_predictor", "_reply", "_rows", "_run_started", "_runner",
        "_spec", "_version", "started",
    )  # fmt: skip

    def __init__(self, predictor: Predictor, spec: ModelSpec, reply: Reply) -> None:
        self.started = time.perf_counter()
        self._predictor = predictor
        self._spec = spec
        self._reply = reply
        self._version: VersionLife | None = None  # leased
        self._runner: BatchingRunner | None = None  # in whose batch it is

    def begin(self, body: bytes) -> bool:
        """Answer in a batch or at once, and tell so; if not, `finish` is to give the response."""
        try:
            self._document = parse_document(body)
        except ServingError as error:
            self.set_exception(error)
            return True
        if not has_rows(self._document):
            return False
        try:
            version = self._predictor.manager.lease(self._spec)
            servable = version.acquire()
        except ServingError:
            return False
        self._version = version
        try:
            if self._begin_rows(servable):
                return True
        except ServingError:  # `finish` finds it again, and says it
            pass
        version.release()
        return False

    async def finish(self) -> Response:
        """Answer in a task, after `begin` has not; see `Predictor.predict`."""
        body = await self._predictor.predict(self._spec, self._document)
        return Response(200, body, headers=self._predictor.headers)

    def _begin_rows(self, servable: Servable) -> bool:
        runner = servable.runner
        if isinstance(runner, DirectRunner):
            return runner.has_loop and self._run_now(runner, self._rows_for(servable))
        if isinstance(runner, BatchingRunner) and runner.takes_rows:
            self._rows = self._rows_for(servable)
            self._runner = runner
            self._run_started = time.perf_counter()
            self._fetches = runner.begin(self._rows, self._predictor.timeout_s, self)
            return True
        return False

    def _rows_for(self, servable: Servable) -> JsonRows:
        signature = inference.find_signature(servable, signature_name(self._document))
        inference.check_predicts(signature, self._predictor.settings)
        return JsonRows(self._document["instances"], signature)

    def _run_now(self, runner: DirectRunner, rows: JsonRows) -> bool:
        self._rows = rows
        self._fetches = rows.signature.fetches
        inputs = rows.arrays()
        self._run_started = time.perf_counter()
        try:
            arrays = runner.run_now(inputs, self._fetches)
        except ServingError as error:
            self.set_exception(error)
            return True
        if arrays is None:
            return False
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
                body = predictions_body(outputs, True)
            except ServingError as error:
                self.set_exception(error)
                return
        now = time.perf_counter()
        metrics = self._predictor.metrics
        metrics.predicted(self._spec.name, now - self.started, now - self._run_started)
        self._end(200, body)

    def set_exception(self, error: ServingError) -> None:
        """Answer with an error."""
        elapsed_s = time.perf_counter() - self.started
        metrics = self._predictor.metrics
        metrics.observe_request(self._spec.name, "predict", "REST", code_of(error), elapsed_s)
        self._end(error.code.http_status, error_body(error.message))

    def _end(self, status: int, body: bytes) -> None:
        if self._version is not None:
            self._version.release()
        if self._runner is not None:
            self._runner.ended()
        self._reply(Response(status, body, headers=self._predictor.headers))
