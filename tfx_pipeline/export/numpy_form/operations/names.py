"""Operations on names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.cells import Cells
from tfx_pipeline.export.numpy_form.operations.farm_hash import farm_hash_64
from tfx_pipeline.modules.description.operations import CategoryId, NameValues


def category_id(operation: CategoryId, cells: Cells) -> NDArray[Any]:
    """See `CategoryId`."""
    places = {name: place for place, name in enumerate(operation.names)}
    texts = cells.texts(operation.column)
    for text in set(texts) - places.keys():
        shared = 0
        if operation.buckets > 1:
            token = f"{operation.key}={text}".encode()
            shared = farm_hash_64(token) % 2**62 % operation.buckets
        places[text] = len(operation.names) + shared
    return np.array([places[text] for text in texts], np.int64).reshape(-1, 1)


def name_values(operation: NameValues, cells: Cells) -> NDArray[Any]:
    """See `NameValues`."""
    places = {name: place for place, name in enumerate(operation.names)}
    taken = [places.get(text, -1) for text in cells.texts(operation.column)]
    others = np.zeros((1, operation.values.shape[1]), np.float32)
    return np.concatenate([operation.values, others])[np.array(taken, np.int64)]
