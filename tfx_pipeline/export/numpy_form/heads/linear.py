"""The linear model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.heads.inputs import HeadInputs
from tfx_pipeline.modules.description.heads import LinearHead


def linear_logits(head: LinearHead, inputs: HeadInputs) -> NDArray[np.float32]:
    """See `LinearHead`."""
    share = np.clip((inputs.numbers[:, head.columns] - head.lows) / head.widths, 0, 1)
    logits = share @ head.rises + head.intercept
    return np.asarray(logits + head.weights[inputs.ids].sum(axis=1), np.float32)
