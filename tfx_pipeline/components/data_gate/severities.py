"""What happens at anomalies of the schema: some refuse the data, some are said, some are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.types import artifact_utils

from tfx_pipeline.components.data_gate.anomalies import (
    count_offences,
    read_anomalies,
    refused_anomalies,
)
from tfx_pipeline.components.data_gate.settings import CheckSettings
from tfx_pipeline.evaluation.data_verdict import Finding, Severity
from tfx_pipeline.ingestion.schema import SCHEMA_FILE
from tfx_pipeline.storage.artifact_staging import Artifacts


def anomaly_findings(input_dict: Artifacts, settings: CheckSettings) -> Iterator[Finding]:
    """Give the anomalies of all splits, with their rows, which are read only for those.

    The inputs are folders of this machine.
    """
    schema_file = _folder(input_dict["schema"]) / SCHEMA_FILE
    schema = text_format.Parse(schema_file.read_text(encoding="utf-8"), schema_pb2.Schema())
    for split, found in read_anomalies(_folder(input_dict["anomalies"])):
        errors = refused_anomalies(found, schema, warnings_too=settings.refuse_warnings)
        refused = {(each.feature, each.rule) for each in errors}
        offences: list[tuple[Any, Severity]] = []
        for each in refused_anomalies(found, schema, warnings_too=True):
            severity = settings.severity("anomalies", each.feature)
            if severity == "error" and (each.feature, each.rule) not in refused:
                severity = "warn"
            if severity != "off":
                offences.append((each, severity))
        if offences:
            folder = Path(artifact_utils.get_split_uri(input_dict["examples"], split))
            total = count_offences([each for each, _ in offences], folder.iterdir())
            for each, severity in offences:
                yield Finding("anomalies", severity, each.to_problem(split, total))


def _folder(artifacts: Sequence[Any]) -> Path:
    return Path(artifact_utils.get_single_uri(list(artifacts)))
