"""`schema diff`: what differs between the curated schema and data, or another schema."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.commands.output import result_console
from tfx_pipeline.commands.schema_review.column_uses import touched_steps
from tfx_pipeline.commands.schema_review.findings import (
    NOT_BY_COMMAND,
    accept_words,
    counted_rows,
    places_in,
    to_json,
)
from tfx_pipeline.commands.schema_review.inputs import (
    UNUSABLE,
    Inputs,
    find_inputs,
    is_schema,
    read_schema,
)
from tfx_pipeline.errors import ConfigError, ExitStatus, Problem
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.processes.this_process import program
from tfx_pipeline.schemas.check import check_table
from tfx_pipeline.schemas.differences import KINDS, Change, data_changes, schema_changes
from tfx_pipeline.schemas.environments import training_environment
from tfx_pipeline.schemas.evidence import Places
from tfx_pipeline.schemas.rules import ALL, accept_command
from tfx_pipeline.wording import counted


@dataclass(frozen=True)
class _Difference:
    """What differs, between what, and the rows that the evidence is a part of."""

    names: tuple[str, str]
    changes: list[Change]
    rows: int
    places: Places
    file: str | None = None


def diff(options: argparse.Namespace) -> ExitStatus:
    """Print the changes by kind; a breaking one shows in the status.

    Raises:
        ConfigError: there is no schema or no table, or there are three sides.
        DataError: a table cannot be read.
    """
    if len(options.sides) > 2:
        problem = Problem("at most two things are compared", received=" ".join(options.sides))
        raise ConfigError([problem], UNUSABLE)
    inputs = find_inputs(options)
    found = _difference(inputs, options.sides)
    if options.json:
        _print_json(options, inputs, found)
    else:
        _print(options, inputs, found)
    is_breaking = any(change.kind == "breaking" for change in found.changes)
    return ExitStatus.REFUSED if is_breaking else ExitStatus.OK


def _difference(inputs: Inputs, sides: Sequence[str]) -> _Difference:
    """Compare a schema, the curated one if only one side is named, with data or a schema."""
    old, old_name = inputs.schema, shown(inputs.schema_file)
    if len(sides) == 2:
        if not is_schema(sides[0]):
            what = "the first of two must be a schema: a file that ends in .pbtxt"
            raise ConfigError([Problem(what, received=sides[0])], UNUSABLE)
        old, old_name = read_schema(Path(sides[0])), sides[0]
    side = sides[-1] if sides else None
    if side is not None and is_schema(side):
        changes = schema_changes(old, read_schema(Path(side)))
        return _Difference((old_name, side), changes, 0, {})
    table = inputs.table(side, old)
    result = check_table(table, old, training_environment(old))
    changes = data_changes(result, old)
    name = side or (inputs.config.data.path if inputs.config else "")
    return _Difference((old_name, name), changes, result.rows, places_in(table, changes), side)


def _steps(inputs: Inputs, change: Change) -> list[str]:
    if inputs.config is None or change.feature == ALL:
        return []
    return touched_steps(inputs.config, change.feature)


def _print(options: argparse.Namespace, inputs: Inputs, found: _Difference) -> None:
    console = result_console()
    counts = [f"{sum(x.kind == kind for x in found.changes)} {kind}" for kind in KINDS]
    rows = f" ({counted(found.rows, 'row')})" if found.rows else ""
    console.out(f"{found.names[0]} against {found.names[1]}{rows}: {', '.join(counts)}")
    for kind in KINDS:
        changes = [change for change in found.changes if change.kind == kind]
        if changes:
            console.out(kind)
        for change in changes:
            console.out(f"  `{change.feature}`: {change.text} ({change.rule})")
            if evidence := counted_rows(change.evidence, found.rows, found.places):
                console.out(f"      rows     {evidence}")
            if steps := _steps(inputs, change):
                console.out(f"      touches  {', '.join(steps)}")
            if kind != "narrowing" and (command := _command(options, change, found)):
                console.out(f"      accept   {command}")
    if found.rows and any(change.kind == "narrowing" for change in found.changes):
        words = accept_words(options, "RULE/FEATURE", file=found.file, narrow=True)
        command = accept_command(words, program())
        console.out(f"to forbid what no row has: {command}")


def _command(options: argparse.Namespace, change: Change, found: _Difference) -> str | None:
    """Give the command that accepts a change; None: it is one of two schemas, or for no command."""
    if not found.rows or change.rule in NOT_BY_COMMAND or len(options.sides) == 2:
        return None
    is_narrow = change.kind == "narrowing"
    if is_narrow and change.limit is None:
        return None
    words = accept_words(options, change.name, file=found.file, narrow=is_narrow)
    return accept_command(words, program())


def _print_json(options: argparse.Namespace, inputs: Inputs, found: _Difference) -> None:
    document = {
        "old": found.names[0],
        "new": found.names[1],
        "rows": found.rows,
        "changes": [
            {
                "kind": change.kind,
                **to_json(change, found.rows, found.places),
                "steps": _steps(inputs, change),
                "accept": _command(options, change, found),
            }
            for change in found.changes
        ],
    }
    result_console().out(json.dumps(document, indent=1, allow_nan=False))
