"""Which calls may be made again."""

from __future__ import annotations

import pytest
from ml_metadata import errors
from ml_metadata.proto import metadata_store_pb2 as pb
from ml_metadata.proto import metadata_store_service_pb2 as service

from tfx_pipeline.runners.metadata.call_faults import fault_of, is_repeatable, stored_before


def _put_execution(execution: pb.Execution, *artifacts: pb.Artifact) -> object:
    request = service.PutExecutionRequest(execution=execution)
    for artifact in artifacts:
        request.artifact_event_pairs.add(event=pb.Event(type=pb.Event.OUTPUT), artifact=artifact)
    return request


@pytest.mark.parametrize(
    ("method", "request_", "expected"),
    [
        ("GetExecutions", service.GetExecutionsRequest(), True),
        ("PutContextType", service.PutContextTypeRequest(), True),
        ("PutContexts", service.PutContextsRequest(contexts=[pb.Context()]), True),
        ("PutExecution", _put_execution(pb.Execution(name="x")), True),
        ("PutExecution", _put_execution(pb.Execution(id=3), pb.Artifact(name="x")), True),
        ("PutExecution", _put_execution(pb.Execution(id=3), pb.Artifact()), False),
        ("PutExecution", _put_execution(pb.Execution()), False),
        ("PutArtifacts", service.PutArtifactsRequest(artifacts=[pb.Artifact(id=1)]), True),
        ("PutArtifacts", service.PutArtifactsRequest(artifacts=[pb.Artifact()]), False),
        ("PutEvents", service.PutEventsRequest(), False),
    ],
)
def test_is_repeatable_when_all_that_is_new_has_a_name(
    method: str, request_: object, expected: bool
) -> None:
    assert is_repeatable(method, request_) is expected


@pytest.mark.parametrize(
    ("method", "error", "expected"),
    [
        ("PutExecution", errors.AbortedError("x"), "aborted"),
        ("PutExecution", errors.InternalError("Deadlock found when trying"), "aborted"),
        ("PutContextType", errors.InternalError("Duplicate entry"), "aborted"),
        ("PutExecution", errors.InternalError("Duplicate entry"), "other"),
        ("GetTypes", errors.InternalError("errno: MySQL server has gone away"), "lost"),
        ("GetTypes", errors.InternalError("PostgreSQL metadata source error: "), "lost"),
        ("GetTypes", errors.InternalError("ERROR:  syntax error"), "other"),
        ("GetTypes", errors.UnavailableError("x"), "lost"),
        ("GetTypes", errors.NotFoundError("x"), "other"),
    ],
)
def test_fault_of_tells_what_passes(method: str, error: errors.StatusError, expected: str) -> None:
    assert fault_of(method, error) == expected


def test_stored_before_leaves_contexts_to_tfx() -> None:
    error = errors.AlreadyExistsError("x")
    assert stored_before("PutExecution", error)
    assert not stored_before("PutContexts", error)
