"""How findings and changes are said: as problems for people, as JSON for programs."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any

from tfx_pipeline.commands.arguments import DEFAULT_CONFIG
from tfx_pipeline.errors import Problem
from tfx_pipeline.processes.this_process import program
from tfx_pipeline.schemas.differences import Change
from tfx_pipeline.schemas.evidence import Evidence, Places, share, shown_value
from tfx_pipeline.schemas.rules import Finding, allowing_step
from tfx_pipeline.schemas.typed_columns import TypedTable

NOT_BY_COMMAND = ("schema",)
"""Rules that a person mends in the file."""


def places_in(table: TypedTable, found: Sequence[Finding | Change]) -> Places:
    """Find file and line of all evidence; each file is read once."""
    cells = [cell for each in found for cell in each.evidence.cells]
    return dict(zip(cells, table.places(cells), strict=True))


def accept_words(
    options: argparse.Namespace, name: str, *, file: str | None = None, narrow: bool = False
) -> list[str]:
    """Give the words behind `schema accept` that would allow a finding, or forbid what is spare."""
    words = [name]
    if options.schema:
        words += ["--schema", options.schema]
    if options.config and options.config != DEFAULT_CONFIG:
        words += ["--config", options.config]
    if options.env != "local":
        words += ["--env", options.env]
    words += [word for override in options.overrides for word in ("--set", override)]
    if file:
        words += ["--file", file]
    return [*words, "--narrow"] if narrow else words


def next_step(options: argparse.Namespace, found: Finding | Change, file: str | None) -> str:
    """Say how a finding is allowed, if it may be."""
    if found.rule in NOT_BY_COMMAND:
        return "mend the schema"
    return allowing_step(accept_words(options, found.name, file=file), program())


def counted_rows(evidence: Evidence, rows: int, places: Places) -> str | None:
    """Say how many rows, and the first values with their places; None: no row speaks for it."""
    if not evidence.rows:
        return None
    values = [f"{shown_value(cell)} at {places[cell]}" for cell in evidence.cells]
    return ": ".join(filter(None, [share(evidence.rows, rows), ", ".join(values)]))


def to_problem(found: Finding | Change, rows: int, places: Places, step: str | None) -> Problem:
    """Say a finding as every other problem is said."""
    what = f"`{found.feature}`: {found.text} ({found.rule})"
    return Problem(what, None, counted_rows(found.evidence, rows, places), next_step=step)


def to_json(found: Finding | Change, rows: int, places: Places) -> dict[str, Any]:
    """Give a finding as JSON has it."""
    evidence = found.evidence
    return {
        "feature": found.feature,
        "rule": found.rule,
        "text": found.text,
        "rows": evidence.rows,
        "share": evidence.rows / rows if rows else 0.0,
        "limit": _plain(found.limit),
        "values": [{"value": cell.value, "place": places[cell]} for cell in evidence.cells],
    }


def _plain(limit: Any) -> Any:
    """Put text in place of an infinite number, which JSON does not have."""
    return str(limit) if isinstance(limit, float) and not math.isfinite(limit) else limit
