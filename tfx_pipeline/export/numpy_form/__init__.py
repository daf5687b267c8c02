"""The model in NumPy alone, written from its description: the oracle that formats are tested by.

As `modules.preprocessing` and the scorers compute, step by step, in the same types of numbers; the
exported SavedModel is the reference of both. A table per kind of part says what computes it.
"""

from tfx_pipeline.export.numpy_form.model import answers, logits, transformed

__all__ = ["answers", "logits", "transformed"]
