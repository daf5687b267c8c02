"""ML Metadata behind gRPC, for the real driver: the C++ library of the `ml-metadata` package.

python -m tests.emulators.recording.metadata_server PORT: serves from memory until it is ended.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store
from ml_metadata.proto import metadata_store_pb2

_CODES = {code.value[0]: code for code in grpc.StatusCode}


class Methods(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Hands each request to the library's function of the same name, as bytes."""

    def __init__(self) -> None:
        settings = metadata_store_pb2.ConnectionConfig()
        settings.fake_database.SetInParent()
        self.store = metadata_store.CreateMetadataStore(settings.SerializeToString(), "")
        self.one_at_a_time = threading.Lock()

    def service(self, handler_call_details: Any) -> Any:
        name = handler_call_details.method.rpartition("/")[2]
        return grpc.unary_unary_rpc_method_handler(self._method(getattr(metadata_store, name)))

    def _method(self, function: Callable[..., Any]) -> Callable[[bytes, Any], bytes]:
        def answer(request: bytes, context: Any) -> bytes:
            with self.one_at_a_time:
                response, message, code = function(self.store, request)
            if code:
                context.abort(_CODES[code], message.decode())
            return bytes(response)

        return answer


def serve(port: int) -> Any:
    """Start the server; the caller stops it."""
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((Methods(),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server


if __name__ == "__main__":
    serve(int(sys.argv[1])).wait_for_termination()
