"""What `tfx-pipeline data` says, as values: printed by `pages`, or written as JSON."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tfx_pipeline.commands.data_versions.finding import KnownVersions
from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.examples.row_hashes import (
    RowDifference,
    compare_rows,
    count_records,
    row_hashes,
    splits_of,
)
from tfx_pipeline.ingestion.versions.changes import Changes, changes_between
from tfx_pipeline.ingestion.versions.column_moves import ColumnMove, column_moves
from tfx_pipeline.ingestion.versions.manifest import Manifest, SourceFile, read_manifest
from tfx_pipeline.runners.metadata.data_versions import DataVersion
from tfx_pipeline.storage.fileio import PlaceError

_TIME = "%Y-%m-%d %H:%M"
_MOVED = 0.05  # which histograms of numbers cannot tell from nothing


@dataclass(frozen=True)
class ModelLine:
    """A model of a version of the data: the run, the pushed version, and where that is now."""

    run_id: str
    version: str
    state: str


@dataclass(frozen=True)
class VersionPage:
    """A version of the data.

    Attributes:
        digest: of the table.
        run_ids: that read it and reused nothing, oldest first.
        read: local time of the first.
        rows: the account; empty: not known.
        spans: as they are shown.
        examples: place of the examples.
        models: trained from it.
        manifest: what else it holds; None: it is gone, or of an earlier release.
        changes: to the version before; None: there is none, or it is not known.
        moved: columns whose values moved since, those that moved most first.
    """

    digest: str
    run_ids: Sequence[str]
    read: str
    rows: Mapping[str, Any]
    spans: str
    examples: str
    models: Sequence[ModelLine]
    manifest: Manifest | None
    changes: Changes | None = None
    moved: Sequence[ColumnMove] = ()

    @property
    def files(self) -> Sequence[SourceFile]:
        """The files, where they are known."""
        return self.manifest.files if self.manifest else ()


@dataclass(frozen=True)
class DiffPage:
    """Two versions of the data; `split`: whose statistics were compared."""

    before: str
    after: str
    rows: RowDifference
    changes: Changes | None
    split: str = ""
    moves: Sequence[ColumnMove] = ()


def version_page(known: KnownVersions, version: DataVersion) -> VersionPage:
    """Tell what is known of a version."""
    manifest = _manifest(version)
    earlier = known.before(version)
    then = _manifest(earlier) if earlier else None
    counts = version.counts or (manifest.counts if manifest else None)
    moves = _moves(earlier, version)[1] if earlier else []
    return VersionPage(
        digest=version.digest,
        run_ids=version.run_ids,
        read=time.strftime(_TIME, time.localtime(version.created_ms / 1000)),
        rows=asdict(counts) if counts else {},
        spans=version.spans,
        examples=version.examples,
        models=[
            ModelLine(model.run_id, number, state)
            for model in version.models
            for number, state in known.states(model)
        ],
        manifest=manifest,
        changes=changes_between(then, manifest) if then and manifest else None,
        moved=[move for move in moves if move.distance >= _MOVED],
    )


def diff_page(before: DataVersion, after: DataVersion) -> DiffPage:
    """Compare two versions, row by row.

    Raises:
        DataError: the examples of one are gone.
    """
    hashes = []
    for version in (before, after):
        check_there(version)
        hashes.append(row_hashes(version.examples))
    then, now = _manifest(before), _manifest(after)
    changes = changes_between(then, now) if then and now else None
    split, moves = _moves(before, after)
    return DiffPage(before.digest, after.digest, compare_rows(*hashes), changes, split, moves)


def verify(version: DataVersion) -> Mapping[str, int]:
    """Count the rows of a version again, in the files; give them by split.

    Raises:
        DataError: they are not those that were written, or the account is not even.
    """
    check_there(version)
    found = count_records(version.examples)
    if version.counts is None:
        what, step = "an earlier release read it, and left no account", "run it with --no-cache"
        problem = Problem(what, version.examples, next_step=step)
        raise DataError([problem], "the rows cannot be verified")
    version.counts.check()
    if found != dict(version.counts.splits):
        problem = Problem(
            "the files do not hold the rows that were written",
            version.examples,
            ", ".join(f"{name} {count:,}" for name, count in sorted(found.items())),
            ", ".join(f"{name} {count:,}" for name, count in sorted(version.counts.splits.items())),
            "run CsvExampleGen again: --from CsvExampleGen --no-cache",
        )
        raise DataError([problem], "rows were lost since")
    return found


def check_there(version: DataVersion) -> None:
    """Make sure that the examples of a version are still there.

    Raises:
        DataError: they are gone.
    """
    if not splits_of(version.examples):
        what = f"the examples of version {version.digest} are gone"
        step = "run the pipeline on that data again"
        raise DataError([Problem(what, version.examples, next_step=step)], "no rows to look at")


def _manifest(version: DataVersion) -> Manifest | None:
    with contextlib.suppress(PlaceError):
        return read_manifest(version.examples)
    return None


def _moves(before: DataVersion, after: DataVersion) -> tuple[str, list[ColumnMove]]:
    """Compare the statistics of the largest split, where both have them."""
    counts = after.counts
    if not (before.statistics and after.statistics and counts and counts.splits):
        return "", []
    split = max(counts.splits, key=lambda name: counts.splits[name])
    try:
        return split, column_moves(before.statistics, after.statistics, split)
    except PlaceError:
        return "", []
