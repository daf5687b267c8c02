"""The gate that ExampleValidator lacks: anomalies stop the run before training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow_data_validation as tfdv
from tfx import types
from tfx.dsl.components.base import base_component, base_executor, executor_spec
from tfx.types import artifact_utils, component_spec, standard_artifacts
from tfx.utils import io_utils

from tfx_pipeline.components.anomalies import count_offences, read_anomalies, refused_anomalies
from tfx_pipeline.errors import DataError, Problem

_SCHEMA_FILE = "schema.pbtxt"


class DataBlessing(types.Artifact):
    """Says that the examples passed the gate."""

    TYPE_NAME = "DataBlessing"


class DataGateExecutor(base_executor.BaseExecutor):
    """Reads ExampleValidator's anomalies and refuses the data when there are any."""

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
        anomalies = Path(artifact_utils.get_single_uri(input_dict["anomalies"]))
        examples = artifact_utils.get_single_instance(input_dict["examples"])
        schema_folder = artifact_utils.get_single_uri(input_dict["schema"])
        schema = tfdv.load_schema_text(f"{schema_folder}/{_SCHEMA_FILE}")
        problems: list[Problem] = []
        for split, found in read_anomalies(anomalies):
            offences = refused_anomalies(
                found, schema, warnings_too=bool(exec_properties["refuse_warnings"])
            )
            if offences:
                folder = Path(artifact_utils.get_split_uri([examples], split))
                total = count_offences(offences, map(str, folder.iterdir()))
                problems.extend(offence.to_problem(split, total) for offence in offences)
        if problems:
            raise DataError(problems, "the data breaks the schema; nothing was trained or pushed")
        blessing = artifact_utils.get_single_uri(output_dict["blessing"])
        io_utils.write_string_file(f"{blessing}/BLESSED", "")


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
