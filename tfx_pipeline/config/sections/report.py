"""Configuration of the page that each run leaves behind."""

from __future__ import annotations

from pydantic import Field

from tfx_pipeline.config.sections.section import Section


class CardConfig(Section):
    """What people say of the model in its card; what is measured stands there anyway."""

    owner: str = ""
    """Who develops it, and answers for it."""
    contact: str = ""
    """Where questions go."""
    license: str = ""
    """Under which it may be used."""
    intended_use: str = ""
    """What it is for, and for whom."""
    out_of_scope: str = ""
    """What it must not be used for."""
    ethical_considerations: str = ""
    """Sensitive data, risks and harms, and what was done about them."""
    caveats: str = ""
    """What a user should know besides."""


class ReportConfig(Section):
    """What the page of a run, and its JSON, may show."""

    min_rows: int = Field(default=5, ge=1)
    """A slice or category of fewer rows is not named: its value could name a person."""
    card: CardConfig = CardConfig()
    """The model card."""
