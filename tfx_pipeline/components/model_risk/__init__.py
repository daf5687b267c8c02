"""ModelRiskAssessor: what could go wrong with a model that is good on average."""

from tfx_pipeline.components.model_risk.component import ModelRisk, ModelRiskAssessor
from tfx_pipeline.components.model_risk.executor import ModelRiskExecutor

__all__ = ["ModelRisk", "ModelRiskAssessor", "ModelRiskExecutor"]
