"""TFX's InfraValidator, whose blessing says of which model it is."""

from __future__ import annotations

from tfx.components.infra_validator.component import InfraValidator
from tfx.dsl.components.base import executor_spec

from tfx_pipeline.components.infra_validator.executor import NamingInfraValidatorExecutor


class NamingInfraValidator(InfraValidator):
    """TFX's InfraValidator with the executor of this package."""

    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(NamingInfraValidatorExecutor)
