"""Whether answers tell which rows the model was trained on.

`candidates` are the rows asked about, `references` the models that never saw them, `scores` turns
answers into suspicion, `rates` suspicion into hits, and `verdict` makes the check of it.
"""

from tfx_pipeline.evaluation.risk.membership.verdict import check

__all__ = ["check"]
