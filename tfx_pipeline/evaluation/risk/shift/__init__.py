"""The metrics, if rows came as in the newest data."""

from tfx_pipeline.evaluation.risk.shift.checking import check

__all__ = ["check"]
