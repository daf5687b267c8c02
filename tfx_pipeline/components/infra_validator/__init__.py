"""TFX's InfraValidator, whose blessing says of which model it is."""

from tfx_pipeline.components.infra_validator.component import NamingInfraValidator
from tfx_pipeline.components.infra_validator.executor import NamingInfraValidatorExecutor

__all__ = ["NamingInfraValidator", "NamingInfraValidatorExecutor"]
