"""The label of a row: a column, or a rule over columns, computed exactly.

`rule` is the whole; `arithmetic` computes in float64 with a bound of the rounding error, `check`
says what a rule may hold, and which columns it names.
"""

from tfx_pipeline.modules.label_rule.rule import LabelRule

__all__ = ["LabelRule"]
