"""Gaps between groups of rows, and features that stand in for the groups."""

from tfx_pipeline.evaluation.risk.fairness.checking import check

__all__ = ["check"]
