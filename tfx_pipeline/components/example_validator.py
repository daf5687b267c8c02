"""ExampleValidator that asks of training rows what the schema asks of the environment TRAINING."""

from __future__ import annotations

import os
from typing import Any

from tfx.components import ExampleValidator
from tfx.components.example_validator import executor, labels
from tfx.components.util import value_utils
from tfx.dsl.components.base import executor_spec
from tfx.types import standard_component_specs
from tfx.utils import writer_utils

from tfx_pipeline.schemas.environments import training_environment


class TrainingValidatorExecutor(executor.Executor):
    """TFX's executor knows environments, and is told of none."""

    def _Validate(  # noqa: N802 - TFX's name
        self, inputs: dict[str, Any], outputs: dict[str, Any]
    ) -> Any:
        """Judge the statistics of a split; write and give the anomalies."""
        import tensorflow_data_validation as tfdv

        schema = value_utils.GetSoleValue(inputs, standard_component_specs.SCHEMA_KEY)
        anomalies = tfdv.validate_statistics(
            value_utils.GetSoleValue(inputs, standard_component_specs.STATISTICS_KEY),
            schema,
            environment=training_environment(schema),
        )
        folder = value_utils.GetSoleValue(outputs, labels.SCHEMA_DIFF_PATH)
        file = os.path.join(folder, executor.DEFAULT_FILE_NAME)
        writer_utils.write_anomalies(file, anomalies)
        return anomalies


class TrainingValidator(ExampleValidator):
    """TFX's ExampleValidator with the executor of this package."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(TrainingValidatorExecutor)
