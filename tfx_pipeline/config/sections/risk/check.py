"""What the settings of all risk checks have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tfx_pipeline.config.sections.section import Section

Severity = Literal["error", "warn", "off"]


class RiskCheck(Section):
    """A check of the model before it is pushed."""

    severity: Severity = "warn"
    """`error` refuses the model, `warn` says it, `off`: the check is not made."""
    budget_s: float = Field(default=10.0, gt=0, le=3600)
    """Seconds that the check may take: it looks at fewer rows, or draws fewer samples, to keep
    within."""
