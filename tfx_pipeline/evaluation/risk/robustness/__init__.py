"""What one wrong feature does to the answers."""

from tfx_pipeline.evaluation.risk.robustness.examine import check

__all__ = ["check"]
