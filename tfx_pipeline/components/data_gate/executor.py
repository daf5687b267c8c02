"""The gate that ExampleValidator lacks: anomalies stop the run before training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, component_spec, standard_artifacts
from tfx.utils import io_utils

from tfx_pipeline.components.data_gate.anomalies import (
    count_offences,
    read_anomalies,
    refused_anomalies,
)
from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.storage.artifact_staging import local_artifacts

_SCHEMA_FILE = "schema.pbtxt"


class DataBlessing(types.Artifact):
    """Says that the examples passed the gate.

    Vertex AI takes a type of one's own only as `package.Class`, and steps there import it by that
    name.
    """

    TYPE_NAME = "tfx_pipeline.DataBlessing"


class DataGateExecutor(base_executor.BaseExecutor):
    """Reads ExampleValidator's anomalies and refuses the data when there are any."""

    READS_LATER = ("examples",)  # see `artifact_staging`

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
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
            io_utils.write_string_file(f"{blessing}/BLESSED", "")


def _refusals(
    input_dict: dict[str, list[types.Artifact]], *, warnings_too: bool
) -> Iterator[Problem]:
    """Give the anomalies of all splits, with their rows, which are read only for those."""
    anomalies = Path(artifact_utils.get_single_uri(input_dict["anomalies"]))
    schema_file = Path(artifact_utils.get_single_uri(input_dict["schema"])) / _SCHEMA_FILE
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


class DataGateSpec(component_spec.ComponentSpec):
    """Contract of `DataGate`."""

    PARAMETERS = {"refuse_warnings": component_spec.ExecutionParameter(type=int)}
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {"blessing": component_spec.ChannelParameter(type=DataBlessing)}


class DataGate(base_component.BaseComponent):
    """Refuses examples with anomalies.

    Args:
        examples: the examples that were validated; read only to show offending values.
        anomalies: what ExampleValidator found.
        schema: the schema it was found with.
        refuse_warnings: whether anomalies that TFDV calls warnings are refused as well.
    """

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(DataGateExecutor)

    def __init__(
        self,
        examples: types.BaseChannel,
        anomalies: types.BaseChannel,
        schema: types.BaseChannel,
        *,
        refuse_warnings: bool,
    ) -> None:
        super().__init__(
            DataGateSpec(
                examples=examples,
                anomalies=anomalies,
                schema=schema,
                refuse_warnings=int(refuse_warnings),
                blessing=types.Channel(type=DataBlessing),
            )
        )
