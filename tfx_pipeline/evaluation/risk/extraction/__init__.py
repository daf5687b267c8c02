"""How many questions it takes to copy the model.

`queries` are the rows asked, `copies` the models fitted to the answers, `curve` how well they agree
with ours by the number of questions, and `verdict` makes the check of it.
"""

from tfx_pipeline.evaluation.risk.extraction.verdict import check

__all__ = ["check"]
