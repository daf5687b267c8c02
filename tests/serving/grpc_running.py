"""A server of ours on a loop of its own, asked with the official stubs."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc

from tests.free_ports import free_port
from tests.serving.running import LoopThread
from tfx_pipeline.serving.assembly import ModelServer
from tfx_pipeline.serving.config.options import ServerOptions


class GrpcRunning:
    """What a client sees of a server."""

    def __init__(self, address: str, credentials: Any = None, metadata: Sequence[Any] = ()) -> None:
        from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

        if credentials is None:
            self.channel = grpc.insecure_channel(address)
        else:
            self.channel = grpc.secure_channel(address, credentials)
        self.prediction = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)
        self.metadata = metadata

    def predict(self, timeout_s: float = 10, **inputs: Any) -> dict[str, Any]:
        """Ask the model `m`; arrays by alias in and out."""
        import tensorflow as tf

        answer = self.prediction.Predict(
            predict_request(**inputs), timeout=timeout_s, metadata=self.metadata
        )
        return {alias: tf.make_ndarray(proto) for alias, proto in answer.outputs.items()}


def predict_request(**inputs: Any) -> Any:
    """Make a request for the model `m`."""
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    request = predict_pb2.PredictRequest()
    request.model_spec.name = "m"
    for alias, value in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return request


def model_folder(folder: Path, version: Path) -> Path:
    """Put a version's folder, as version 1, where a server can look for versions."""
    shutil.copytree(version, folder / "1")
    return folder


def failure(call: Any, *arguments: Any, **more: Any) -> tuple[str, str]:
    """Make a call that fails; give its code and text."""
    try:
        call(*arguments, **more)
    except grpc.RpcError as error:
        return error.code().name, error.details()
    raise AssertionError("the call did not fail")


@contextlib.contextmanager
def serving_grpc(base: Path, **flags: Any) -> Iterator[ServerOptions]:
    """Serve `base` as the model `m` at a free port, for the length of a `with`."""
    flags = {"port": free_port(), "model_name": "m", "model_base_path": str(base), **flags}
    options = ServerOptions(**flags)
    thread = LoopThread()

    async def made() -> ModelServer:
        return ModelServer(options)

    server = thread.run(made())
    try:
        thread.run(server.start())
        yield options
    finally:
        thread.run(server.stop())
        thread.end()


@contextlib.contextmanager
def asking(base: Path, **flags: Any) -> Iterator[GrpcRunning]:
    """Serve a model, and give a client of it."""
    with serving_grpc(base, **flags) as options:
        client = GrpcRunning(f"127.0.0.1:{options.port}")
        with client.channel:
            yield client
