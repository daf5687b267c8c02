"""TFX's InfraValidator, whose blessing says of which model it is."""

from __future__ import annotations

from typing import Any

from tfx import types
from tfx.components.infra_validator import executor as infra_validator_executor
from tfx.components.infra_validator.component import InfraValidator
from tfx.dsl.components.base import executor_spec
from tfx.types import artifact_utils

from tfx_pipeline.components.artifacts import CURRENT_MODEL_ID

Artifacts = dict[str, list[types.Artifact]]


class NamingInfraValidatorExecutor(infra_validator_executor.Executor):
    """Notes the model's id, so that a model that was refused is nobody's baseline."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Do what TFX's does, and note the model."""
        super().Do(input_dict, output_dict, exec_properties)
        model = artifact_utils.get_single_instance(input_dict["model"])
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        blessing.set_int_custom_property(CURRENT_MODEL_ID, model.id)


class NamingInfraValidator(InfraValidator):
    """TFX's InfraValidator with the executor of this package."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(NamingInfraValidatorExecutor)
