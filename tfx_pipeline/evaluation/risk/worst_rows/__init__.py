"""Risk check `worst_rows`: rows that the model is sure of, and wrong; and empty input."""

from tfx_pipeline.evaluation.risk.worst_rows.checking import check

__all__ = ["check"]
