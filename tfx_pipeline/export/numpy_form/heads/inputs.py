"""What heads read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class HeadInputs:
    """Transformed rows: see `modules.description.heads`.

    Attributes:
        numbers: `[rows, width]`.
        ids: `[rows, columns]`, in the numbering that all columns share.
    """

    numbers: NDArray[np.float32]
    ids: NDArray[np.int32]
