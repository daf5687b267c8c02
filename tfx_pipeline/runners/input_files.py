"""Which files the input table is made of, and what they hold; known before they are read as one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.path_checks import near_name, table_pattern
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, DataError, Problem
from tfx_pipeline.ingestion.fingerprints.file_state import check_unchanged
from tfx_pipeline.ingestion.fingerprints.fingerprints import (
    Fingerprint,
    duplicate_problems,
    fingerprint_files,
    remember,
)
from tfx_pipeline.ingestion.quarantine.mended import mended_files, origin
from tfx_pipeline.ingestion.reading.table_files import shown, table_files
from tfx_pipeline.ingestion.spans.choice import Span, choose_spans, spans_by_file
from tfx_pipeline.ingestion.spans.pattern import SpanPattern, has_specs

MEMORY_FILE = "file_fingerprints.json"
"""In the pipeline's root: digests of files, remembered while these stay as they are."""


@dataclass(frozen=True)
class InputFiles:
    """The files of the table.

    Attributes:
        path: file, folder or pattern.
        fingerprints: of each file, in the order in which they are read; none where `path` holds no
            table: reading it says why.
        spans: of each file, which is that of all its rows; empty where the path has none.
        notes: what is worth knowing about the choice.
    """

    path: Path
    fingerprints: Mapping[Path, Fingerprint]
    spans: Mapping[Path, Span] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files, in the order in which they are read."""
        return tuple(self.fingerprints)

    @property
    def listed(self) -> tuple[Path, ...] | None:
        """The files, where the path alone does not say which; else none."""
        is_all = self.path.is_dir() or self.files == (self.path,)
        return None if is_all else self.files or None

    @property
    def digest(self) -> str:
        """Digest of names, contents and spans; the same give the same."""
        lines = []
        for file, found in self.fingerprints.items():
            span = self.spans.get(file)
            of_span = f"{span.number} {span.version}" if span else ""
            lines.append(f"{found.digest} {file.name} {of_span}")
        return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()

    def remember(self, config: PipelineConfig) -> None:
        """Let the next look believe what this one found; the pipeline's root is there by now."""
        remember(config.pipeline_root / MEMORY_FILE, self.fingerprints)

    def check_unchanged(self) -> None:
        """Make sure that what was read since is what was fingerprinted.

        Raises:
            DataError: a file was changed, or is gone.
        """
        check_unchanged({path: found.state for path, found in self.fingerprints.items()})

    def row_problems(self, rows: Mapping[Path, int]) -> list[Problem]:
        """Find spans without a row, given the rows of each file."""
        by_span: dict[str, int] = {}
        for file, span in self.spans.items():
            by_span[span.shown] = by_span.get(span.shown, 0) + rows.get(file, 0)
        step = "deliver it again, or choose others: data.span"
        return [
            Problem(f"span {name} is empty", None, "files without a row", next_step=step)
            for name, count in by_span.items()
            if not count
        ]

    def duplicates(self, rows: Mapping[Path, int]) -> list[Problem]:
        """Find files with the same content."""
        return duplicate_problems(self.fingerprints, rows)


class ChosenFiles(NamedTuple):
    """Which files the configuration means, see `InputFiles`; none where `path` holds no table."""

    path: Path
    files: tuple[Path, ...]
    spans: Mapping[Path, Span]
    notes: tuple[str, ...]


def find_input_files(loaded: LoadedConfig) -> InputFiles:
    """Find the files, and know their contents: those that stayed as they are are not read again.

    Raises:
        ConfigError: there is no table.
        DataError: a span cannot be used, or a file cannot be read.
    """
    config = loaded.config
    path, files, spans, notes = choose_files(loaded)
    memory = config.pipeline_root / MEMORY_FILE if config.environment.runner == "local" else None
    try:
        fingerprints = fingerprint_files(files, memory)
    except DataError as error:
        raise DataError(error.problems, f"{shown(path)} cannot be used; nothing was run") from error
    return InputFiles(path, fingerprints, spans, notes)


def choose_files(loaded: LoadedConfig) -> ChosenFiles:
    """Find the files of `data.path`, without a look into them.

    Raises:
        ConfigError: there is no table.
        DataError: a span cannot be used.
    """
    config = loaded.config
    place = loaded.source.place(("data", "path"))
    path = config.path(config.data.path)
    spans: Mapping[Path, Span] = {}
    notes: tuple[str, ...] = ()
    if has_specs(config.data.path):
        choice = config.data.span.choice(loaded.source.place(("data", "span")) or place)
        chosen = choose_spans(SpanPattern.parse(str(path)), choice)
        files, spans, notes = chosen.files, spans_by_file(chosen.spans), chosen.notes
    elif path.exists():
        found = table_files(path)
        files = () if found.problems else found.files
    elif not (files := tuple(table_pattern(path))):
        problem = Problem(
            "no such file or folder", place, config.data.path, next_step=near_name(path)
        )
        raise ConfigError([problem], "there is no table to read")
    if config.data.on_bad_row == "quarantine":
        files = tuple(mended_files(files))
        spans = {file: spans[origin(file)] for file in files} if spans else {}
    return ChosenFiles(path, files, spans, notes)
