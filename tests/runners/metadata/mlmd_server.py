"""A server of ML Metadata for the tests: its gRPC service, on an SQLite file.

The package of ML Metadata has the service's description and no server; Google's own is an image.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc

from tests.free_ports import free_port


@contextlib.contextmanager
def mlmd_server(file: Path) -> Iterator[str]:
    """Run a server in a process of its own; give its URL."""
    port = free_port()
    command = [sys.executable, "-m", "tests.runners.metadata.mlmd_server", str(file), str(port)]
    process = subprocess.Popen(command)
    try:
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        grpc.channel_ready_future(channel).result(timeout=30)
        channel.close()
        yield f"grpc://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def serve(file: str, port: int) -> None:
    """Answer the calls of the service until the process ends."""
    from ml_metadata import errors
    from ml_metadata.proto import metadata_store_service_pb2
    from ml_metadata.proto import metadata_store_service_pb2_grpc as service

    from tests.runners.metadata.executions import sqlite_store

    store, one_at_a_time = sqlite_store(Path(file)), threading.Lock()
    codes = {code.value[0]: code for code in grpc.StatusCode}

    def answer(name: str) -> Any:
        def method(request: Any, context: grpc.ServicerContext) -> Any:
            response = getattr(metadata_store_service_pb2, f"{name}Response")()
            try:
                with one_at_a_time:
                    store._call_method(name, request, response)
            except errors.StatusError as error:
                context.abort(codes[error.error_code], str(error))
            return response

        return method

    servicer = service.MetadataStoreServiceServicer()
    for name in dir(service.MetadataStoreServiceServicer):
        if not name.startswith("_"):
            setattr(servicer, name, answer(name))
    server = grpc.server(futures.ThreadPoolExecutor(8))
    service.add_MetadataStoreServiceServicer_to_server(servicer, server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    parent = os.getppid()
    while os.getppid() == parent:  # tests that are killed leave none behind
        time.sleep(0.5)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
