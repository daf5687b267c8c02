"""Start a worker of Beam by the contract of its containers: `tfx-beam-worker --id=… --provision_…`.

For engines that start a process for each worker (`--environment_type=PROCESS`), and for Beam's
worker pool (`--container_executable`), on machines that have this package: what a pipeline brings
is not fetched, for it is here. Beam has its own such program, in Go, in its images alone.
Source: https://beam.apache.org/documentation/runtime/sdk-harness-config/
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence


def main(words: Sequence[str] | None = None) -> None:
    """Ask the engine what the worker needs to know, and work until the engine is done with it."""
    parser = argparse.ArgumentParser(prog="tfx-beam-worker", description=main.__doc__)
    parser.add_argument("--id", required=True, help="of the worker")
    parser.add_argument("--provision_endpoint", required=True, help="where the engine says more")
    for name in ("control", "logging", "artifact"):
        parser.add_argument(f"--{name}_endpoint", help="in case the engine does not say it there")
    parser.add_argument("--semi_persist_dir", default="/tmp", help=argparse.SUPPRESS)
    known, _ = parser.parse_known_args(words)
    worker_id = known.id.strip("'")  # Prism puts it in quotes that no shell takes away
    os.environ.update(_environment(worker_id, known))
    # The user's modules, from the folder where the engine, or the pool, was started.
    sys.path.insert(0, os.getcwd())

    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main([])


def _environment(worker_id: str, said: argparse.Namespace) -> dict[str, str]:
    """Give what Beam's worker reads from its environment."""
    import grpc
    from apache_beam.portability.api import (
        beam_provision_api_pb2,
        beam_provision_api_pb2_grpc,
        endpoints_pb2,
    )
    from google.protobuf import json_format, text_format

    with grpc.insecure_channel(said.provision_endpoint) as channel:
        service = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
        request = beam_provision_api_pb2.GetProvisionInfoRequest()
        metadata = [("worker_id", worker_id)]
        info = service.GetProvisionInfo(request, metadata=metadata, timeout=60).info

    def address(name: str) -> str:
        url = getattr(info, f"{name}_endpoint").url or getattr(said, f"{name}_endpoint", None)
        service = endpoints_pb2.ApiServiceDescriptor(url=url or said.provision_endpoint)
        return text_format.MessageToString(service)

    values = {
        "WORKER_ID": worker_id,
        "PIPELINE_OPTIONS": json_format.MessageToJson(info.pipeline_options),
        "LOGGING_API_SERVICE_DESCRIPTOR": address("logging"),
        "CONTROL_API_SERVICE_DESCRIPTOR": address("control"),
        "RUNNER_CAPABILITIES": " ".join(info.runner_capabilities),
    }
    if info.HasField("status_endpoint"):
        values["STATUS_API_SERVICE_DESCRIPTOR"] = address("status")
    return values
