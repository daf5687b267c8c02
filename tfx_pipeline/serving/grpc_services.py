"""All services on the gRPC port, as handlers; each error becomes a status here."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc

from tfx_pipeline.serving import inference
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.grpc_models import ModelService
from tfx_pipeline.serving.grpc_prediction import PredictionService
from tfx_pipeline.serving.metrics import Metrics
from tfx_pipeline.serving.options import ServerOptions
from tfx_pipeline.serving.profiler import ProfilerService

Method = Callable[[bytes, Any], Awaitable[bytes]]
"""Takes a serialized request and the call's context, gives a serialized response."""

_MAX_TEXT_BYTES = 1024
_STATUS = {status.value[0]: status for status in grpc.StatusCode}
_LOG = logging.getLogger(__name__)


def serving_handlers(manager: Any, options: ServerOptions, metrics: Metrics) -> list[Any]:
    """Return the handlers of PredictionService, ModelService and, if wanted, ProfilerService."""
    settings = inference.Settings(options.enable_signature_method_name_check, metrics.runtime)
    prediction = PredictionService(
        manager, metrics, settings, options.enable_serialization_as_tensor_content
    )
    models = ModelService(manager, metrics, options.workers)
    handlers = [
        _service(
            "tensorflow.serving.PredictionService",
            {
                "Predict": prediction.predict,
                "Classify": prediction.classify,
                "Regress": prediction.regress,
                "MultiInference": prediction.multi_inference,
                "GetModelMetadata": prediction.get_model_metadata,
            },
        ),
        _service(
            "tensorflow.serving.ModelService",
            {
                "GetModelStatus": models.get_model_status,
                "HandleReloadConfigRequest": models.reload_config,
            },
        ),
    ]
    if options.enable_profiler:
        profiler = ProfilerService()
        methods = {
            "Profile": profiler.profile,
            "Terminate": profiler.terminate,
            "Monitor": profiler.monitor,
        }
        handlers.append(_service("tensorflow.ProfilerService", methods))
    return handlers


def _service(name: str, methods: Mapping[str, Method]) -> Any:
    return grpc.method_handlers_generic_handler(
        name,
        {
            each: grpc.unary_unary_rpc_method_handler(_guarded(method))
            for each, method in methods.items()
        },
    )


def _guarded(method: Method) -> Method:
    """Return a method that ends its call with the status of its error."""

    async def guarded(body: bytes, context: Any) -> bytes:
        try:
            return await method(body, context)
        except ServingError as error:
            code, text = error.code, error.message
        except Exception:  # of one call; the others go on
            _LOG.exception("a gRPC call failed")
            code, text = Code.INTERNAL, "The server failed; its log says why"
        return await context.abort(_STATUS[code.number], _cut(text))

    return guarded


def _cut(text: str) -> str:
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= _MAX_TEXT_BYTES:
        return text
    return encoded[:_MAX_TEXT_BYTES].decode("utf-8", "ignore") + "...TRUNCATED"
