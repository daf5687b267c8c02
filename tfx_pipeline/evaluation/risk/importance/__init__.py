"""Which features the answers come from, whether one explains too much, and which do nothing."""

from tfx_pipeline.evaluation.risk.importance.checking import check

__all__ = ["check"]
