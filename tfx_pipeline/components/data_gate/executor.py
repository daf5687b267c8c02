"""The gate that ExampleValidator lacks: anomalies stop the run before training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from tfx_pipeline.components.artifacts import BLESSED_FILE
from tfx_pipeline.components.data_gate.anomalies import (
    count_offences,
    read_anomalies,
    refused_anomalies,
)
from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.schema import SCHEMA_FILE
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts


class DataGateExecutor(base_executor.BaseExecutor):
    """Reads ExampleValidator's anomalies and refuses the data when there are any."""

    READS_LATER = ("examples",)  # see `artifact_staging`

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Bless the examples.

        Raises:
            DataError: anomalies, each with feature, rule, share of rows, and three values.
        """
        needed = {name: each for name, each in input_dict.items() if name not in self.READS_LATER}
        with local_artifacts(needed, output_dict):
            warnings_too = bool(exec_properties["refuse_warnings"])
            problems = list(_refusals(input_dict, warnings_too=warnings_too))
            if problems:
                title = "the data breaks the schema; nothing was trained or pushed"
                raise DataError(problems, title)
            blessing = artifact_utils.get_single_uri(output_dict["blessing"])
            io_utils.write_string_file(f"{blessing}/{BLESSED_FILE}", "")


def _refusals(input_dict: Artifacts, *, warnings_too: bool) -> Iterator[Problem]:
    """Give the anomalies of all splits, with their rows, which are read only for those."""
    anomalies = Path(artifact_utils.get_single_uri(input_dict["anomalies"]))
    schema_file = Path(artifact_utils.get_single_uri(input_dict["schema"])) / SCHEMA_FILE
    schema = text_format.Parse(schema_file.read_text(encoding="utf-8"), schema_pb2.Schema())
    for split, found in read_anomalies(anomalies):
        offences = refused_anomalies(found, schema, warnings_too=warnings_too)
        if not offences:
            continue
        with local_artifacts({"examples": input_dict["examples"]}, {}):
            folder = Path(artifact_utils.get_split_uri(input_dict["examples"], split))
            total = count_offences(offences, map(str, folder.iterdir()))
        for offence in offences:
            yield offence.to_problem(split, total)
