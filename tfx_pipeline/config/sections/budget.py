"""Configuration of the search for hyper-parameters: how long it may take."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"s": 1, "m": 60, "h": 3600}
_BUDGET = re.compile(r"(\d+(?:\.\d+)?) ?([smh])")
_LONGEST_S = 7 * 24 * 3600


def _checked(text: Any) -> Any:
    if text is None or text is False:
        return None
    found = _BUDGET.fullmatch(str(text).strip())
    if not found or not 0 < budget_seconds(found[0]) <= _LONGEST_S:
        raise ValueError("a time with its unit, at most a week: 90s, 10m or 1.5h")
    return found[0]


def budget_seconds(text: str) -> float:
    """Give a budget, which was checked, in seconds."""
    number, unit = text[:-1].strip(), text[-1]
    return float(number) * _UNITS[unit]


Budget = Annotated[str | None, BeforeValidator(_checked)]
"""`10m`: a number, and s, m or h."""
