"""A client of a model server by gRPC, with the stubs that TensorFlow Serving publishes.

It imports TensorFlow and gRPC when it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.deployment.client import DataType, ModelMetadata, Security, UnreachableError
from tfx_pipeline.deployment.loopback import is_loopback
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import ModelSpec, Signature, StateName, VersionState, signatures_of

_CONNECT_S = 5.0
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class GrpcClient:
    """Talks to the gRPC port, `host:port` or `unix:path`; with authorities, by TLS."""

    def __init__(
        self, address: str, timeout_s: float = 30.0, security: Security | None = None
    ) -> None:
        import grpc
        from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

        self.address = address
        self._timeout_s = timeout_s
        security = security or Security()
        self._headers = list(security.headers.items())
        options = [*_UNLIMITED, ("grpc.enable_http_proxy", 0 if is_loopback(address) else 1)]
        if security.ca_file:
            credentials = grpc.ssl_channel_credentials(Path(security.ca_file).read_bytes())
            self._channel = grpc.secure_channel(address, credentials, options=options)
        else:
            self._channel = grpc.insecure_channel(address, options=options)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._is_ready = False

    def states(self, name: str) -> list[VersionState]:
        """Give the states of a model's versions, newest first."""
        from tensorflow_serving.apis import get_model_status_pb2

        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = name
        answer = self._call(self._models.GetModelStatus, request)
        return [
            VersionState(
                each.version,
                StateName(each.state),
                Code.of_number(each.status.error_code),
                each.status.error_message,
            )
            for each in answer.model_version_status
        ]

    def metadata(self, spec: ModelSpec) -> ModelMetadata:
        """Describe the version that answers."""
        from tensorflow_serving.apis import get_model_metadata_pb2

        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        _fill_spec(request.model_spec, spec)
        answer = self._call(self._predictions.GetModelMetadata, request)
        definitions = get_model_metadata_pb2.SignatureDefMap()
        answer.metadata["signature_def"].Unpack(definitions)
        signatures = signatures_of(definitions.signature_def)
        return ModelMetadata(answer.model_spec.version.value, signatures)

    def predict(
        self, spec: ModelSpec, signature: Signature, rows: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Give an answer a row."""
        import tensorflow as tf
        from tensorflow_serving.apis import predict_pb2

        request = predict_pb2.PredictRequest()
        _fill_spec(request.model_spec, spec)
        for name, tensor in signature.inputs.items():
            values = [row[name] for row in rows]
            if tensor.dtype == DataType.DT_STRING:
                values = _encoded(values)
            request.inputs[name].CopyFrom(tf.make_tensor_proto(values, tensor.dtype))
        answer = self._call(self._predictions.Predict, request)
        columns = {name: tf.make_ndarray(each) for name, each in sorted(answer.outputs.items())}
        for name, column in columns.items():
            if column.shape[:1] != (len(rows),):
                message = f"output {name} has the shape {list(column.shape)} for {len(rows)} rows"
                raise ServingError(Code.INVALID_ARGUMENT, message)
        lists = {name: _decoded(_shortest(column).tolist()) for name, column in columns.items()}
        return [{name: lists[name][row] for name in lists} for row in range(len(rows))]

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        import grpc

        if not self._is_ready:  # an answer of the server can have the same code as none
            try:
                grpc.channel_ready_future(self._channel).result(timeout=_CONNECT_S)
            except grpc.FutureTimeoutError:
                cause = f"no connection within {_CONNECT_S:g} s"
                raise UnreachableError(self.address, cause) from None
            self._is_ready = True
        try:
            return method(request, timeout=self._timeout_s, metadata=self._headers)
        except grpc.RpcError as error:
            code = Code.of_number(error.code().value[0])
            raise ServingError(code, error.details() or "") from error


def _fill_spec(target: Any, spec: ModelSpec) -> None:
    target.name = spec.name
    target.signature_name = spec.signature_name
    if spec.version is not None:
        target.version.value = spec.version
    elif spec.version_label:
        target.version_label = spec.version_label


def _encoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_encoded(each) for each in value]
    return value.encode() if isinstance(value, str) else value


def _shortest(array: Any) -> Any:
    """Widen float32 to the shortest decimals that stand for it, as REST writes them."""
    return array.astype("U").astype("float64") if array.dtype == "float32" else array


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    return value.decode(errors="backslashreplace") if isinstance(value, bytes) else value
