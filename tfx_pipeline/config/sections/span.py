"""Configuration of the spans that are read of a table whose path has TFX's specs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.section import Section, TextForm
from tfx_pipeline.ingestion.spans.choice import LATEST, SpanChoice

_FORM = r"[0-9]{1,18}|[0-9]{4}-[0-9]{2}-[0-9]{2}"
SpanName = Annotated[
    str, TextForm(rf"{LATEST}|{_FORM}", "`latest`, a span's number, or a date like 2026-01-31")
]


class SpanConfig(Section):
    """Which spans are read, where `data.path` has `{SPAN}`, or `{YYYY}`, `{MM}` and `{DD}`.

    Of each, its latest `{VERSION}`; all rows together are one table, oldest span first.
    """

    at: SpanName = LATEST
    """The last one: `latest`, a number, or a date."""
    window: int = Field(default=1, ge=1, le=100_000)
    """A rolling window: so many spans (for dates, days) up to that one. Those that are not there
    are left out, and said."""
    first: Annotated[str, TextForm(_FORM, "a span's number, or a date")] | None = None
    """The first one, in place of a window: backfill."""

    @model_validator(mode="after")
    def _one_way(self) -> SpanConfig:
        if self.first is not None and self.window != 1:
            raise ValueError("`first` and `window` both say where the spans begin: give one")
        return self

    def choice(self, place: str | None) -> SpanChoice:
        """Give it as the reading of tables wants it."""
        return SpanChoice(self.at, self.window, self.first, place)
