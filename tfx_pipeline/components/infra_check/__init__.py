"""InfraCheck: a server answers with the candidate as the training did, before the push."""

from tfx_pipeline.components.infra_check.component import InfraCheck
from tfx_pipeline.components.infra_check.executor import InfraCheckExecutor

__all__ = ["InfraCheck", "InfraCheckExecutor"]
