"""TFX's InfraValidator, whose blessing says of which model it is."""

from tfx_pipeline.components.infra_validator.component import (
    NamingInfraValidator,
    NamingInfraValidatorExecutor,
)

__all__ = ["NamingInfraValidator", "NamingInfraValidatorExecutor"]
