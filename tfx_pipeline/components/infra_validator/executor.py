"""The executor of TFX's InfraValidator, which also notes what model it looked at."""

from __future__ import annotations

from typing import Any

from tfx import types
from tfx.components.infra_validator import executor as infra_validator_executor
from tfx.types import artifact_utils

from tfx_pipeline.components.artifacts import CURRENT_MODEL_ID


class NamingInfraValidatorExecutor(infra_validator_executor.Executor):
    """Notes the model's id, so that a model that was refused is nobody's baseline."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Do what TFX's does, and note the model."""
        super().Do(input_dict, output_dict, exec_properties)
        model = artifact_utils.get_single_instance(input_dict["model"])
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        blessing.set_int_custom_property(CURRENT_MODEL_ID, model.id)
