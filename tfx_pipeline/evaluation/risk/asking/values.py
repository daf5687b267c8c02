"""What values of rows are, and how they are shown.

Terms:
    code: a number that names something: of the kinds `categorical`, `ordinal` and `lookup`; it has
        no unit, and its range means nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tfx_pipeline.evaluation.risk.subject import Domain
from tfx_pipeline.wording import counted, shortened

FEWEST_ROWS = 5
"""What fewer rows of the training split have could name a person, and is not shown (k-anonymity
with k = 5)."""
UNSEEN = tuple(f'never seen: "{sign}"\n😀' for sign in "abcde")
"""Several, since a model may hash what it does not know; with signs that a parser may trip over."""
_CODES = ("categorical", "ordinal", "lookup")
_LONGEST = 40


def shown_value(value: Any, rows: int) -> str:
    """Write a text or a code that `rows` training rows have; None: one that was never seen."""
    if value is None:
        return "a value never seen in training"
    if rows < FEWEST_ROWS:
        return f"a rare value ({counted(rows, 'row')} with it)"
    return shown_number(value) if isinstance(value, float) else repr(shortened(value, _LONGEST))


def shown_number(value: float, digits: int = 4) -> str:
    """Write a number; `missing` where it is none."""
    return f"{value:.{digits}g}" if np.isfinite(value) else "missing"


def is_code(domain: Domain) -> bool:
    """Say whether a number names something."""
    return domain.kind == "number" and domain.feature_kind in _CODES
