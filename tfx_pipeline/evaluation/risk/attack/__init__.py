"""How little somebody must change to get another answer."""

from tfx_pipeline.evaluation.risk.attack.examine import check

__all__ = ["check"]
