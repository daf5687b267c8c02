"""Accept changes: into the file of a curated schema, with who and why in a changelog beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown
from tfx_pipeline.ingestion.schema import parse_schema
from tfx_pipeline.schemas.allowances import allow, narrow
from tfx_pipeline.schemas.differences import Change
from tfx_pipeline.schemas.text_patch import patched_text
from tfx_pipeline.storage.local_files import locked, write_atomically

CHANGELOG_FILE = "CHANGELOG.md"
_TITLE = "# Changes of the curated schema\n"


@dataclass(frozen=True)
class Reason:
    """Who accepts, and why; both are one line of text."""

    who: str
    why: str
    day: date


@dataclass(frozen=True)
class AcceptedChange:
    """A change to accept, and how the changelog calls what speaks for it."""

    change: Change
    account: str


def accept(
    schema_file: Path,
    accepted: Sequence[AcceptedChange],
    reason: Reason,
    inferred: schema_pb2.Schema | None = None,
) -> list[str]:
    """Write changes into a schema; nothing is written where the schema allows them all already.

    Whoever accepts at the same time waits, and changes what is then there.

    Args:
        schema_file: the curated schema.
        accepted: what to write; a narrowing change forbids what no row has.
        reason: for the changelog.
        inferred: what the data shows; for new columns, and types.

    Returns:
        The names of the changes that were written.

    Raises:
        ConfigError: the schema cannot be read or written, or a change is none of a schema.
    """
    try:
        with locked(schema_file.parent):
            content = schema_file.read_bytes()
            schema = parse_schema(content, shown(schema_file))
            written = [each for each in accepted if _changes(schema, each.change, inferred)]
            if not written:
                return []
            text = patched_text(content.decode("utf-8"), schema)
            # First what is seen to be wrong should this process die in between: an entry without
            # its change, and not a change that nobody signed.
            changelog = schema_file.parent / CHANGELOG_FILE
            write_atomically(changelog, _with_entry(_read(changelog), written, reason))
            write_atomically(schema_file, text)
    except OSError as error:
        problem = os_problem(schema_file, error, "written")
        raise ConfigError([problem], "nothing was accepted") from error
    return [each.change.name for each in written]


def _changes(schema: schema_pb2.Schema, change: Change, inferred: schema_pb2.Schema | None) -> bool:
    """Change the schema; say whether it is another one now."""
    before = schema.SerializeToString(deterministic=True)
    try:
        if change.kind == "narrowing":
            narrow(schema, change.rule, change.feature, change.limit)
        else:
            allow(schema, change.rule, change.feature, change.limit, inferred)
    except ValueError as error:
        problem = Problem(f"`{change.name}` cannot be accepted", received=str(error))
        raise ConfigError([problem], "nothing was accepted") from error
    return schema.SerializeToString(deterministic=True) != before


def _read(changelog: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return changelog.read_text(encoding="utf-8")
    return _TITLE


def _with_entry(text: str, written: Sequence[AcceptedChange], reason: Reason) -> str:
    """Put an entry before the earlier ones."""
    entry = "\n".join(_entry(written, reason))
    head, mark, earlier = text.partition("\n## ")
    return f"{head.rstrip()}\n\n{entry}\n" + (f"{mark}{earlier}" if mark else "")


def _entry(written: Sequence[AcceptedChange], reason: Reason) -> Iterator[str]:
    yield f"## {reason.day.isoformat()}, {one_line(reason.who)}"
    yield ""
    yield one_line(reason.why)
    yield ""
    for each in written:
        yield f"- `{each.change.name}`: {one_line(each.account)}"


def one_line(text: str) -> str:
    """Give a text without line breaks."""
    return " ".join(text.split())
