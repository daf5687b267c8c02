"""ML Metadata's own library behind gRPC, as Kubeflow's Service `metadata-grpc-service`.

    python -m tests.cluster.kubeflow.metadata_server HOST:PORT FILE

Requests and answers pass through as bytes; one at a time, since the store is one connection.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store
from ml_metadata.proto import metadata_store_pb2


class _Store(grpc.GenericRpcHandler):
    """Answers each method of the service by the library's function of the same name."""

    def __init__(self, file: str) -> None:
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = file
        config.sqlite.connection_mode = (
            metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        )
        self._store = metadata_store.CreateMetadataStore(config.SerializeToString(), "")
        self._one_at_a_time = threading.Lock()
        self._codes = {code.value[0]: code for code in grpc.StatusCode}

    def service(self, handler_call_details: Any) -> Any:
        """Return the handler of a call."""
        name = handler_call_details.method.rsplit("/", 1)[1]
        return grpc.unary_unary_rpc_method_handler(self._answer(name))

    def _answer(self, name: str) -> Callable[[bytes, Any], bytes]:
        def answer(request: bytes, context: Any) -> bytes:
            with self._one_at_a_time:
                made, message, code = getattr(metadata_store, name)(self._store, request)
            if code:
                context.abort(self._codes[code], message.decode())
            return made

        return answer


def main(address: str, file: str) -> None:
    """Serve until the process is ended."""
    server = grpc.server(futures.ThreadPoolExecutor(8))
    server.add_generic_rpc_handlers((_Store(file),))
    server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main(*sys.argv[1:])
