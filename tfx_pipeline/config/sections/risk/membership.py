"""Configuration of the risk check `membership`."""

from __future__ import annotations

from pydantic import Field

from tfx_pipeline.config.sections.risk.check import RiskCheck


class MembershipCheck(RiskCheck):
    """Whether answers tell which rows the model was trained on."""

    max_tpr: float = Field(default=0.2, ge=0.01, le=1)
    """Share of the training rows that an attacker may find who accuses 1 % of all others; more is
    found for sure, and it is a finding. By guessing he finds 0.01; boosted trees that were stopped
    early give away up to 0.15 of few thousand rows. Where rows are people, 0.05 is a good bound."""
    max_known_odd: float = Field(default=0.95, gt=0, le=1)
    """Share that the model may answer as labelled of the odd rows that it was trained on: those
    whose label other models, which never saw them, call unlikely. Surely more, and much more than
    of rows it was not trained on, is a finding. 1 switches it off."""
    reference_models: int = Field(default=2, ge=0, le=8)
    """Models that are trained as this one was, each on half of the training rows, to compare its
    answers with: 2 to 8; more find more, and take longer. 0: the attacker does not know how it was
    trained."""
    rows: int = Field(default=5_000, ge=100, le=1_000_000)
    """Rows of each split that are asked about, at most."""
