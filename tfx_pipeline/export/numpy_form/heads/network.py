"""The families dnn and wide_deep."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.heads.activations import ACTIVATIONS
from tfx_pipeline.export.numpy_form.heads.inputs import HeadInputs
from tfx_pipeline.modules.description.heads import NetworkHead


def network_logits(head: NetworkHead, inputs: HeadInputs) -> NDArray[np.float32]:
    """See `NetworkHead`."""
    numbers = inputs.numbers if head.varies is None else inputs.numbers * head.varies
    parts = [numbers]
    if head.embeddings is not None:
        width = inputs.ids.shape[1] * head.embeddings.shape[1]
        parts.append(head.embeddings[inputs.ids].reshape(len(numbers), width))
    values = np.concatenate(parts, 1)
    for layer in head.hidden:
        values = ACTIVATIONS[head.activation](values @ layer.kernel + layer.bias)
    logits = values @ head.last.kernel + head.last.bias
    if head.wide_numbers is not None:
        logits = logits + numbers @ head.wide_numbers.kernel + head.wide_numbers.bias
    if head.wide_ids is not None:
        logits = logits + head.wide_ids[inputs.ids].sum(axis=1)
    return np.asarray(logits, np.float32)
