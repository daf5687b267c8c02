"""ModelService of TensorFlow Serving over gRPC: states of versions, and another configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import grpc.aio

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.tensors.wire import parse_message, requested_spec
from tfx_pipeline.serving.versions.manager import ServableManager


@dataclass(frozen=True)
class ModelService:
    """The methods, each of a serialized request and its context; a call reaches one worker."""

    manager: ServableManager
    metrics: Metrics
    workers: int

    async def get_model_status(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """List the versions of a model, highest first; a version label does not count."""
        from tensorflow_serving.apis import get_model_status_pb2

        spec = requested_spec(parse_message(get_model_status_pb2.GetModelStatusRequest, body))
        response = get_model_status_pb2.GetModelStatusResponse()
        for state in self.manager.states(spec.name, spec.version):
            added = response.model_version_status.add(
                version=state.version, state=state.state.value
            )
            added.status.error_code = state.code.number
            added.status.error_message = state.message
        return response.SerializeToString()

    async def reload_config(self, body: bytes, context: grpc.aio.ServicerContext) -> bytes:
        """Put another configuration in the place of the one in force, and wait for new models."""
        from tensorflow_serving.apis import model_management_pb2

        request = parse_message(model_management_pb2.ReloadConfigRequest, body)
        if self.workers > 1:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                f"This server has {self.workers} workers, and a call reaches only one of them. "
                "Change the file of --model_config_file instead, and let all of them read it "
                "again with --model_config_file_poll_wait_seconds",
            )
        if request.config.WhichOneof("config") != "model_config_list":
            raise invalid_argument(
                "ServerModelConfig type not supported by HandleReloadConfigRequest."
                " Only ModelConfigList is currently supported"
            )
        before = self._counts(request.metric_names)
        await self.manager.reload(request.config)
        response = model_management_pb2.ReloadConfigResponse()
        response.status.error_code = Code.OK.number
        for name, count in self._counts(request.metric_names).items():
            response.metric.add(name=name, int64_value_increase=count - before[name])
        return response.SerializeToString()

    def _counts(self, names: Sequence[str]) -> dict[str, int]:
        """Return the first number of each counter; 0 for one that there is not."""
        families = self.metrics.snapshot() if names else {}
        counts = {}
        for name in names:
            values = [*families.get(name.replace("/", ":"), {}).values(), 0]
            counts[name] = values[0] if isinstance(values[0], int) else 0
        return counts
