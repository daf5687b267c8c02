"""`schema accept`: write changes that a person allows into the curated schema."""

from __future__ import annotations

import argparse
import getpass
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.commands.output import result_console
from tfx_pipeline.commands.schema_review.inputs import UNUSABLE, Inputs, find_inputs
from tfx_pipeline.errors import ConfigError, ExitStatus, Problem
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.schemas.acceptance import CHANGELOG_FILE, AcceptedChange, Reason, accept, one_line
from tfx_pipeline.schemas.check import CheckResult, check_table
from tfx_pipeline.schemas.differences import Change, data_changes
from tfx_pipeline.schemas.environments import training_environment
from tfx_pipeline.schemas.evidence import share, shown_value
from tfx_pipeline.schemas.rules import RULES
from tfx_pipeline.wording import listed, nearest

_NUMBERS = ("min_fraction", "min_count", "min", "max", "unique_min", "unique_max", "rows")
_VALUED = (*_NUMBERS, "domain", "environment")
_SHOWN_VALUES = 20


@dataclass(frozen=True)
class _Wanted:
    """One word of the command line: `RULE/FEATURE=VALUE`; of a feature alone, all its rules."""

    word: str
    feature: str
    rule: str | None = None
    value: str | None = None


def accept_changes(options: argparse.Namespace) -> ExitStatus:
    """Write the named changes; say what was written where.

    Raises:
        ConfigError: no change or no reason is named, or there is no schema.
        DataError: the table that a change is read from cannot be read.
    """
    inputs = find_inputs(options)
    known = {feature.name for feature in inputs.schema.feature}
    wanted = [_parsed(word, known) for word in options.changes]
    if not wanted and not options.all:
        step = "list them: tfx-pipeline schema diff; or accept all that it lists: --all"
        problem = Problem("no change is named", allowed="RULE/FEATURE, or FEATURE", next_step=step)
        raise ConfigError([problem], UNUSABLE)
    if not one_line(options.why):
        raise ConfigError([Problem("a reason is needed", "--why")], UNUSABLE)
    reason = Reason(options.who or _user(inputs.schema_file.parent), options.why, date.today())
    accepted, inferred = _accepted(options, inputs, wanted)
    written = accept(inputs.schema_file, accepted, reason, inferred)
    console = result_console()
    if not written:
        console.out(f"{shown(inputs.schema_file)} allows that already; nothing was written")
        return ExitStatus.OK
    changelog = inputs.schema_file.parent / CHANGELOG_FILE
    console.out(f"{shown(inputs.schema_file)}: {', '.join(written)}")
    console.out(f"{shown(changelog)}: {one_line(reason.who)}: {one_line(reason.why)}")
    return ExitStatus.OK


def _parsed(word: str, known: set[str]) -> _Wanted:
    """Read a word; a name of a column may hold a slash, or an equals sign."""
    rule, slash, rest = word.partition("/")
    if word in known or not slash or rule not in RULES:
        return _Wanted(word, word)
    name, equals, value = rest.rpartition("=")
    if rest in known or not equals or rule not in _VALUED:
        return _Wanted(word, rest, rule)
    if rule in _NUMBERS:
        try:
            float(value)
        except ValueError:
            raise ConfigError([Problem("not a number", word, value)], UNUSABLE) from None
    return _Wanted(word, name, rule, value)


def _accepted(
    options: argparse.Namespace, inputs: Inputs, wanted: Sequence[_Wanted]
) -> tuple[list[AcceptedChange], schema_pb2.Schema | None]:
    """Give the changes: those that say their value themselves, and those that the data shows."""
    accepted = [_said(each) for each in wanted if each.value is not None]
    asked = [each for each in wanted if each.value is None]
    if not asked and not options.all:
        return accepted, None
    schema = inputs.schema
    result = check_table(inputs.table(options.file), schema, training_environment(schema))
    changes = data_changes(result, schema)
    changes += [
        Change("breaking", x.feature, x.rule, x.text, x.evidence, x.limit) for x in result.tolerated
    ]
    kinds = ("narrowing",) if options.narrow else ("breaking", "widening")
    offered = [x for x in changes if x.kind in kinds and not (options.narrow and x.limit is None)]
    chosen = offered if options.all else list(_chosen(asked, offered))
    accepted += [AcceptedChange(change, _account(change, result)) for change in chosen]
    # Types and new columns are taken as the data has them, whatever the schema says.
    needs_look = any(x.kind == "widening" or x.rule == "type" for x in chosen)
    return accepted, inputs.inferred(options.file) if needs_look else None


def _said(wanted: _Wanted) -> AcceptedChange:
    value: Any = wanted.value
    if wanted.rule in _NUMBERS:
        value = float(value)
    elif wanted.rule == "domain":
        value = [value]
    rule = wanted.rule or ""
    change = Change("breaking", wanted.feature, rule, f"{wanted.value} is allowed", limit=value)
    return AcceptedChange(change, f"{wanted.value!r} is allowed")


def _chosen(asked: Sequence[_Wanted], offered: Sequence[Change]) -> Iterator[Change]:
    """Find the changes that are named, each once.

    Raises:
        ConfigError: one is not there.
    """
    names = [change.name for change in offered]
    chosen: dict[str, Change] = {}
    for each in asked:
        found = [
            change
            for change in offered
            if change.feature == each.feature and each.rule in (None, change.rule)
        ]
        if not found:
            allowed = listed(names, 20) or "none: the data breaks no rule"
            step = nearest(each.word, [*names, *(change.feature for change in offered)])
            problem = Problem("no such change", each.word, allowed=allowed, next_step=step)
            raise ConfigError([problem], "nothing was accepted")
        chosen |= {change.name: change for change in found}
    yield from chosen.values()


def _account(change: Change, result: CheckResult) -> str:
    """Say for the changelog what speaks for a change."""
    evidence = change.evidence
    if not evidence.rows:
        return change.text
    if change.rule == "domain":
        values = listed([repr(value) for value in change.limit or ()], _SHOWN_VALUES)
    else:
        values = ", ".join(map(shown_value, evidence.cells))
    return f"{change.text}, in {share(evidence.rows, result.rows)}" + (f": {values}" * bool(values))


def _user(folder: Path) -> str:
    """Name who types, as git knows them, else as the machine does."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "config", "user.name"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        if name := done.stdout.strip():
            return name
    except (OSError, subprocess.TimeoutExpired):
        pass  # no git here
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        problem = Problem("who accepts is not known here", next_step="--who NAME")
        raise ConfigError([problem], UNUSABLE) from None
