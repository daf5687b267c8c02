"""All services on the gRPC port, as handlers; each error becomes a status here."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc
import grpc.aio

from tfx_pipeline.serving import inference
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.grpc.admission import Admission
from tfx_pipeline.serving.grpc.model_service import ModelService
from tfx_pipeline.serving.grpc.prediction_service import PredictionService
from tfx_pipeline.serving.grpc.profiler import ProfilerService
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.versions.manager import ServableManager

Method = Callable[[bytes, grpc.aio.ServicerContext], Awaitable[bytes]]
"""Takes a serialized request and the call's context, gives a serialized response."""

_MAX_TEXT_BYTES = 1024
_STATUS = {status.value[0]: status for status in grpc.StatusCode}
_LOG = logging.getLogger(__name__)


def serving_handlers(
    manager: ServableManager, options: ServerOptions, metrics: Metrics, admission: Admission
) -> list[Any]:
    """Return the handlers of PredictionService, ModelService and, if wanted, ProfilerService."""
    guarded = functools.partial(_guarded, admission)
    settings = inference.Settings(options.enable_signature_method_name_check, metrics.runtime)
    prediction = PredictionService(
        manager,
        metrics,
        settings,
        options.enable_serialization_as_tensor_content,
        admission.budget,
    )
    models = ModelService(manager, metrics, options.workers)
    handlers = [
        _service(
            "tensorflow.serving.PredictionService",
            guarded,
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
            guarded,
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
        handlers.append(_service("tensorflow.ProfilerService", guarded, methods))
    return handlers


def _service(name: str, guarded: Callable[[Method], Any], methods: Mapping[str, Method]) -> Any:
    # To the library these are streams, for of one it reads no message before it is asked to.
    return grpc.method_handlers_generic_handler(
        name,
        {
            each: grpc.stream_unary_rpc_method_handler(guarded(method))
            for each, method in methods.items()
        },
    )


def _guarded(admission: Admission, method: Method) -> Callable[[Any, Any], Awaitable[bytes]]:
    """Return a method that ends its call with the status of its error."""

    async def answer(context: grpc.aio.ServicerContext) -> bytes | tuple[Code, str]:
        try:
            body = await admission.receive(context)
            with admission.budget.hold(len(body)):
                return await method(body, context)
        except ServingError as error:
            return error.code, _cut(error.message)
        except Exception:  # of one call; the others go on
            _LOG.exception("a gRPC call failed")
            return Code.INTERNAL, "The server failed; its log says why"

    async def guarded(messages: Any, context: grpc.aio.ServicerContext) -> bytes:
        # The library keeps what `abort` raises in a circle with the frame that called it, until the
        # garbage collector comes by, which is seldom: the body must not be in that frame.
        answered = await answer(context)
        if isinstance(answered, bytes):
            return answered
        code, text = answered
        return await context.abort(_STATUS[code.number], text)

    return guarded


def _cut(text: str) -> str:
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= _MAX_TEXT_BYTES:
        return text
    return encoded[:_MAX_TEXT_BYTES].decode("utf-8", "ignore") + "...TRUNCATED"
