"""PredictionService of TensorFlow Serving over gRPC: bodies in, bodies out.

Terms:
    body: a serialized request or response. Tensors and examples in it stay bytes (see `wire`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import grpc.aio

from tfx_pipeline.serving import inference
from tfx_pipeline.serving.errors import invalid_argument
from tfx_pipeline.serving.memory import MemoryBudget
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.tensors.predict_body import arrays_of, read_request, write_response
from tfx_pipeline.serving.tensors.rows import TensorRows
from tfx_pipeline.serving.tensors.wire import (
    message_class,
    missing_spec,
    parse_message,
    requested_spec,
    spec_of,
)
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, Servable
from tfx_pipeline.serving.versions.manager import ServableManager

_SIGNATURE_DEF = "signature_def"  # the one field of a model's metadata


@dataclass(frozen=True)
class PredictionService:
    """The methods, each of a body and the call's context.

    The budget is for what tensors written by the shorthand may take.
    """

    manager: ServableManager
    metrics: Metrics
    settings: inference.Settings
    tensor_content: bool
    budget: MemoryBudget

    async def predict(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Run a signature on tensors; see `inference.predict`."""
        spec, inputs, output_filter = read_request(body)
        with self.metrics.request(spec.name if spec else "", "Predict", "GRPC"):
            if spec is None:
                raise missing_spec()
            timeout_s = context.time_remaining()
            with self.manager.lease(spec) as servable, self.budget.hold(0) as reservation:
                signature = inference.find_signature(servable, spec.signature_name)
                if isinstance(inputs, TensorRows) and inputs.fits(signature):
                    inputs.signature = signature
                    outputs = await inference.predict_rows(
                        servable, inputs, timeout_s, self.settings
                    )
                else:
                    arrays = arrays_of(inputs, reservation)
                    outputs = await inference.predict(
                        servable,
                        spec.signature_name,
                        arrays,
                        output_filter,
                        timeout_s,
                        self.settings,
                    )
            return write_response(outputs, spec, servable.version, self.tensor_content)

    async def classify(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Run a signature that classifies examples."""
        return await self._infer(_CLASSIFY, body, context)

    async def regress(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Run a signature that gives a value for each example."""
        return await self._infer(_REGRESS, body, context)

    async def _infer(
        self, method: _Inference, body: bytes, context: grpc.aio.ServicerContext
    ) -> bytes:
        request = parse_message(message_class(f"{method.message}Request"), body)
        response = message_class(f"{method.message}Response")()
        asked = request.model_spec
        with self.metrics.request(asked.name, method.api, "GRPC"):
            with self.manager.lease(requested_spec(request)) as servable:
                results = await method.run(
                    servable,
                    asked.signature_name,
                    _examples(request.input),
                    context.time_remaining(),
                    self.settings,
                )
            method.fill(response.result, results)
            _fill_spec(response.model_spec, asked, servable)
            return response.SerializeToString()

    async def multi_inference(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Run several signatures of one model on the same examples."""
        request = parse_message(message_class("MultiInferenceRequest"), body)
        tasks = [inference.InferenceTask.of(task) for task in request.tasks]
        examples = _examples(request.input)
        first = request.tasks[0] if tasks else message_class("InferenceTask")()
        with self.manager.lease(spec_of(first.model_spec)) as servable:
            results = await inference.multi(
                servable, tasks, examples, context.time_remaining(), self.settings
            )
        self.metrics.examples(servable.name, len(examples))
        response = message_class("MultiInferenceResponse")()
        for task, result in zip(request.tasks, results, strict=True):
            added = response.results.add()
            if task.method_name == inference.CLASSIFY_METHOD:
                _fill_classifications(added.classification_result, result)
            else:
                _fill_regressions(added.regression_result, result)
            _fill_spec(added.model_spec, task.model_spec, servable)
        return response.SerializeToString()

    async def get_model_metadata(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """List the signatures of a model."""
        from tensorflow_serving.apis import get_model_metadata_pb2

        request = parse_message(get_model_metadata_pb2.GetModelMetadataRequest, body)
        spec = requested_spec(request)
        if not request.metadata_field:
            raise invalid_argument(
                "GetModelMetadataRequest must specify at least one metadata_field"
            )
        for field in request.metadata_field:
            if field != _SIGNATURE_DEF:
                raise invalid_argument(f"Metadata field {field} is not supported")
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        with self.manager.lease(spec) as servable:
            response.metadata[_SIGNATURE_DEF].Pack(inference.metadata(servable))
            response.model_spec.name = servable.name
            response.model_spec.version.value = servable.version
        return response.SerializeToString()


def _fill_spec(answer: Any, asked: Any, servable: Servable) -> None:
    answer.name = asked.name
    answer.version.value = servable.version
    answer.signature_name = asked.signature_name or DEFAULT_SIGNATURE


def _examples(message: Any) -> list[bytes]:
    """List the serialized examples of an `Input`, each after the context, if there is one."""
    if message.HasField("example_list_with_context"):
        context = message.example_list_with_context.context
        return [context + each for each in message.example_list_with_context.examples]
    return list(message.example_list.examples)


def _fill_classifications(result: Any, rows: Any) -> None:
    for row in rows:
        added = result.classifications.add()
        for label, score in row:
            added.classes.add(label=label.decode("utf-8", "replace"), score=score)


def _fill_regressions(result: Any, values: Any) -> None:
    for value in values:
        result.regressions.add(value=value)


class _Inference(NamedTuple):
    """What differs between Classify and Regress; `fill` puts what `run` gives into a response."""

    api: str
    message: str
    run: Callable[..., Awaitable[Any]]
    fill: Callable[[Any, Any], None]


_CLASSIFY = _Inference("Classify", "Classification", inference.classify, _fill_classifications)
_REGRESS = _Inference("Regress", "Regression", inference.regress, _fill_regressions)
