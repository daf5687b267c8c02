"""What a version of the data holds: its files, columns, spans, and the account of its rows.

It lies in the staged copy of the table, without the splits, and in each Examples artifact made of
it. TFX's own properties of an artifact are set beside it: `span` and `version`, of the newest span.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.versions.row_counts import ROW_COUNTS, RowCounts
from tfx_pipeline.storage import fileio

MANIFEST_FILE = "data_version.json"
DATA_DIGEST, SPANS = "data_digest", "spans"
"""Custom properties of an Examples artifact: `Manifest.digest`, and its spans as they are shown."""
_DIGEST_DIGITS = 16
_LAYOUT = 1


@dataclass(frozen=True)
class SourceFile:
    """A file of the table.

    Attributes:
        name: from the table's folder on.
        digest: sha256 of its unpacked bytes.
        rows: in it.
        span: as it is shown; empty: the table has no spans.
        version: of that span, if it has versions.
    """

    name: str
    digest: str
    rows: int
    span: str = ""
    version: int | None = None


@dataclass(frozen=True)
class Manifest:
    """A version of the data.

    Attributes:
        digest: of the table; what the version is called.
        counts: of its rows.
        types: of its columns, in the order of the header.
        files: in the order in which they were read.
        span: number of the newest span, as TFX counts; 0 where there are none, as TFX has it.
        version: of that span.
    """

    digest: str
    counts: RowCounts
    types: Mapping[str, ColumnType]
    files: tuple[SourceFile, ...]
    span: int = 0
    version: int | None = None

    @property
    def spans(self) -> tuple[str, ...]:
        """The spans as they are shown, oldest first."""
        return tuple(dict.fromkeys(file.span for file in self.files if file.span))

    def to_json(self) -> str:
        """Write it."""
        return json.dumps({"layout": _LAYOUT, **asdict(self)}, indent=1)

    @classmethod
    def from_json(cls, content: str | bytes) -> Manifest:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is none, or of another layout.
        """
        values: Any = json.loads(content)
        if not isinstance(values, dict) or values.get("layout") != _LAYOUT:
            raise ValueError("no account of a version of the data that is known here")
        return cls(
            digest=values["digest"],
            counts=RowCounts.from_json(json.dumps(values["counts"])),
            types=values["types"],
            files=tuple(SourceFile(**file) for file in values["files"]),
            span=values["span"],
            version=values["version"],
        )


def manifest_of(table: Table) -> Manifest:
    """Describe a table as it was read; its rows are in no split yet."""
    folder = table.path
    while not folder.is_dir():
        folder = folder.parent
    files = []
    for file in table.files:
        span = table.spans.get(file.path)
        inside = file.path.is_relative_to(folder)
        name = file.path.relative_to(folder).as_posix() if inside else file.path.name
        files.append(
            SourceFile(
                name,
                file.digest,
                file.rows,
                span.shown if span else "",
                span.version if span else None,
            )
        )
    newest = max(table.spans.values(), key=lambda span: span.number, default=None)
    return Manifest(
        digest=table.digest[:_DIGEST_DIGITS],
        counts=RowCounts(table.rows_read, table.rows - table.rows_used, len(table.aside)),
        types={plan.name: plan.type for plan in table.plans},
        files=tuple(files),
        span=newest.number if newest else 0,
        version=newest.version if newest else None,
    )


def write_manifest(folder: str | Path, manifest: Manifest) -> None:
    """Write it into a folder, a path or a URI."""
    fileio.write_bytes(fileio.join(str(folder), MANIFEST_FILE), manifest.to_json().encode())


def read_manifest(folder: str | Path) -> Manifest | None:
    """Read the one in a folder, a path or a URI; None: there is none that is known here."""
    try:
        return Manifest.from_json(fileio.read_bytes(fileio.join(str(folder), MANIFEST_FILE)))
    except (fileio.NoSuchPlaceError, ValueError, KeyError, TypeError):
        return None


def record_version(examples: Any, manifest: Manifest, splits: Mapping[str, int]) -> Manifest:
    """Say of an Examples artifact which version of the data it holds, and where its rows are.

    Args:
        examples: the artifact of TFX, whose folder is written.
        manifest: of the staged table that it was made of.
        splits: rows that were written, by split.

    Raises:
        DataError: not every row that was read is somewhere, once.
    """
    manifest = replace(manifest, counts=replace(manifest.counts, splits=dict(splits)))
    manifest.counts.check()
    examples.set_string_custom_property(ROW_COUNTS, manifest.counts.to_json())
    examples.set_string_custom_property(DATA_DIGEST, manifest.digest)
    examples.set_int_custom_property("span", manifest.span)
    if manifest.version is not None:
        examples.set_int_custom_property("version", manifest.version)
    if manifest.spans:
        examples.set_string_custom_property(SPANS, ", ".join(manifest.spans)[:10_000])
    write_manifest(examples.uri, manifest)
    return manifest
