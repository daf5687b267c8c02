"""Backslashes that PostgreSQL never sees."""

from __future__ import annotations

from ml_metadata.proto import metadata_store_pb2 as pb
from ml_metadata.proto import metadata_store_service_pb2 as service

from tfx_pipeline.runners.metadata.retrying_metadata import hide_backslashes, restore_backslashes


def test_hide_backslashes_leaves_none_and_restore_brings_all_back() -> None:
    execution = pb.Execution(name="a\\b", id=3, type_id=4)
    execution.properties["x"].string_value = '{"y": "\\"z\\""}'
    execution.custom_properties["n"].int_value = 5
    execution.custom_properties["s"].struct_value.fields["k"].list_value.values.add(
        string_value="\\"
    )
    request = service.PutExecutionRequest(execution=execution)
    request.artifact_event_pairs.add(artifact=pb.Artifact(uri="C:\\x"))
    names = service.GetArtifactTypesResponse()
    names.artifact_types.add(name="\\t", base_type=pb.ArtifactType.MODEL)
    options = service.GetArtifactByTypeAndNameRequest(type_name="a\\", artifact_name="b")
    ids = service.GetArtifactsByIDRequest(artifact_ids=[1, 2])
    for message in (request, names, options, ids):
        before = type(message)()
        before.CopyFrom(message)
        hide_backslashes(message)
        assert b"\\" not in message.SerializeToString()
        restore_backslashes(message)
        assert message == before
    uris = service.GetArtifactsByURIRequest(uris=["a\\b", "c"])
    hide_backslashes(uris)
    assert list(uris.uris) == ["a\ue05cb", "c"]
