"""`schema check`: judge a file by the curated schema, without a pipeline."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence

from tfx_pipeline.commands.output import result_console
from tfx_pipeline.commands.schema_review.findings import next_step, places_in, to_json, to_problem
from tfx_pipeline.commands.schema_review.inputs import UNUSABLE, find_inputs
from tfx_pipeline.errors import ConfigError, ExitStatus, Problem
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.schemas.check import CheckResult, check_table
from tfx_pipeline.schemas.environments import known_environments
from tfx_pipeline.schemas.rules import Finding
from tfx_pipeline.wording import counted, nearest

_OF_A_FEATURE = 10
"""Findings that are shown of one column."""


def check(options: argparse.Namespace) -> ExitStatus:
    """Print what is wrong with a file; say by the status whether anything is.

    Raises:
        ConfigError: there is no schema, or it does not know the environment.
        DataError: the file cannot be read.
    """
    began = time.monotonic()
    inputs = find_inputs(options)
    _check_environment(options.environment, known_environments(inputs.schema))
    table = inputs.table(options.file)
    result = check_table(table, inputs.schema, options.environment)
    found = list(_first_of_each_feature(result.findings))
    places = places_in(table, found)
    console = result_console()
    if options.json:
        document = {
            "schema": str(inputs.schema_file),
            "environment": options.environment,
            "rows": result.rows,
            "passed": not result.findings,
            "findings": [
                {
                    **to_json(each, result.rows, places),
                    "accept": next_step(options, each, options.file),
                }
                for each in found
            ],
            "unchecked": result.unchecked,
        }
        console.out(json.dumps(document, indent=1, allow_nan=False))
    else:
        console.out(_headline(options, shown(inputs.schema_file), result, began))
        for each in found:
            step = next_step(options, each, options.file)
            for line in str(to_problem(each, result.rows, places, step)).splitlines():
                console.out(f"  {line}")
        for rule in result.unchecked:
            console.out(f"  not checked: {rule}, which no single file can break")
    return ExitStatus.REFUSED if result.findings else ExitStatus.OK


def _check_environment(wanted: str | None, known: Sequence[str]) -> None:
    if wanted and wanted not in known:
        what = "the schema does not know this environment"
        allowed = ", ".join(known) or "none: the schema has no default_environment"
        problem = Problem(what, "--environment", wanted, allowed, nearest(wanted, known))
        raise ConfigError([problem], UNUSABLE)


def _headline(options: argparse.Namespace, schema: str, result: CheckResult, began: float) -> str:
    seconds = time.monotonic() - began
    verdict = f"{counted(len(result.findings), 'rule')} of {schema} broken"
    verdict = verdict if result.findings else f"as {schema} has it"
    where = f" in {options.environment}" if options.environment else ""
    return f"{options.file}: {counted(result.rows, 'row')}, {verdict}{where} ({seconds:.1f} s)"


def _first_of_each_feature(findings: Sequence[Finding]) -> Iterable[Finding]:
    shown_of: dict[str, int] = {}
    for each in findings:
        shown_of[each.feature] = shown_of.get(each.feature, 0) + 1
        if shown_of[each.feature] <= _OF_A_FEATURE:
            yield each
