"""A job service of Beam that notes what it is sent, and says that the job is done."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

import grpc
from apache_beam.portability.api import (
    beam_artifact_api_pb2_grpc,
    beam_job_api_pb2,
    beam_job_api_pb2_grpc,
    endpoints_pb2,
)

DONE = beam_job_api_pb2.JobState.DONE


class JobService(beam_job_api_pb2_grpc.JobServiceServicer):
    """Takes one job; it knows the options of Flink's job server that this package sets."""

    def __init__(self) -> None:
        self.address = ""
        self.prepared: list[beam_job_api_pb2.PrepareJobRequest] = []
        self.staged: list[str] = []
        self.run: list[beam_job_api_pb2.RunJobRequest] = []

    def DescribePipelineOptions(self, request: Any, context: Any) -> Any:
        """Name an option, as Flink's job server names some dozens."""
        response = beam_job_api_pb2.DescribePipelineOptionsResponse()
        response.options.add(
            name="parallelism", type=beam_job_api_pb2.PipelineOptionType.INTEGER, group="Flink"
        )
        return response

    def Prepare(self, request: Any, context: Any) -> Any:
        """Take a pipeline."""
        self.prepared.append(request)
        return beam_job_api_pb2.PrepareJobResponse(
            preparation_id="first",
            staging_session_token="token",
            artifact_staging_endpoint=endpoints_pb2.ApiServiceDescriptor(url=self.address),
        )

    def Run(self, request: Any, context: Any) -> Any:
        """Begin a job."""
        self.run.append(request)
        return beam_job_api_pb2.RunJobResponse(job_id="job")

    def GetStateStream(self, request: Any, context: Any) -> Iterator[Any]:
        """Say that it is done."""
        yield beam_job_api_pb2.JobStateEvent(state=DONE)

    def GetMessageStream(self, request: Any, context: Any) -> Iterator[Any]:
        """Say so as well."""
        state = beam_job_api_pb2.JobStateEvent(state=DONE)
        yield beam_job_api_pb2.JobMessagesResponse(state_response=state)

    def GetState(self, request: Any, context: Any) -> Any:
        """Say so again."""
        return beam_job_api_pb2.JobStateEvent(state=DONE)


class _Staging(beam_artifact_api_pb2_grpc.ArtifactStagingServiceServicer):
    def __init__(self, jobs: JobService) -> None:
        self._jobs = jobs

    def ReverseArtifactRetrievalService(
        self, requests: Iterator[Any], context: Any
    ) -> Iterator[Any]:
        """Ask for nothing: workers with this package need nothing."""
        self._jobs.staged.append(next(requests).staging_token)
        return
        yield


@contextmanager
def job_service() -> Iterator[JobService]:
    """Serve both services on one port."""
    service = JobService()
    server = grpc.server(futures.ThreadPoolExecutor(8))
    beam_job_api_pb2_grpc.add_JobServiceServicer_to_server(service, server)
    beam_artifact_api_pb2_grpc.add_ArtifactStagingServiceServicer_to_server(
        _Staging(service), server
    )
    service.address = f"localhost:{server.add_insecure_port('localhost:0')}"
    server.start()
    try:
        yield service
    finally:
        server.stop(0).wait()
