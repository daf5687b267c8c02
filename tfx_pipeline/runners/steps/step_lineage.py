"""What a step read and wrote, and by which code: as ML Metadata has it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ml_metadata.proto.metadata_store_pb2 import Artifact

    from tfx_pipeline.runners.metadata.step_records import StepRecord

_CODE = "code_fingerprint"


@dataclass(frozen=True)
class ArtifactName:
    """An artifact: its id in ML Metadata, TFX's name of its type, and where it lies."""

    id: int
    type: str
    uri: str


@dataclass(frozen=True)
class StepLineage:
    """A step of a run.

    Attributes:
        id: of its node.
        code: digest of the code and the libraries that it ran; empty: it has none.
        inputs: by channel.
        outputs: by channel.
    """

    id: str
    code: str = ""
    inputs: dict[str, list[ArtifactName]] = field(default_factory=dict)
    outputs: dict[str, list[ArtifactName]] = field(default_factory=dict)


def step_lineage(node_id: str, step: StepRecord) -> StepLineage:
    """Read it of a finished step."""
    return StepLineage(
        node_id,
        step.execution.custom_properties[_CODE].string_value
        if _CODE in step.execution.custom_properties
        else "",
        {name: [_named(each) for each in found] for name, found in step.inputs.items()},
        {name: [_named(each) for each in found] for name, found in step.outputs.items()},
    )


def _named(artifact: Artifact) -> ArtifactName:
    return ArtifactName(artifact.id, artifact.type, artifact.uri)
