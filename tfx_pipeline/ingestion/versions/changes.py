"""What changed from one version of the data to another, by what their manifests say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tfx_pipeline.ingestion.versions.manifest import Manifest
from tfx_pipeline.wording import counted


@dataclass(frozen=True)
class Changes:
    """Names of files, number of rows more, columns: what came, went, or is another now.

    A file is known by its name from the table's folder on; `columns_retyped` has the types before
    and after.
    """

    files_added: tuple[str, ...] = ()
    files_removed: tuple[str, ...] = ()
    files_changed: tuple[str, ...] = ()
    rows: int = 0
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def in_words(self) -> list[str]:
        """Say it in a few words each."""
        said = [
            f"{counted(len(names), noun)} {verb}"
            for names, noun, verb in (
                (self.files_added, "file", "added"),
                (self.files_removed, "file", "removed"),
                (self.files_changed, "file", "changed"),
                (self.columns_added, "column", "added"),
                (self.columns_removed, "column", "removed"),
                (self.columns_retyped, "column", "of another type"),
            )
            if names
        ]
        return [*said, *([f"{self.rows:+,} rows"] if self.rows else [])]


def changes_between(before: Manifest, after: Manifest) -> Changes:
    """Compare two versions of the data."""
    then = {file.name: file.digest for file in before.files}
    now = {file.name: file.digest for file in after.files}
    return Changes(
        files_added=tuple(name for name in now if name not in then),
        files_removed=tuple(name for name in then if name not in now),
        files_changed=tuple(name for name in now if name in then and then[name] != now[name]),
        rows=after.counts.read - before.counts.read,
        columns_added=tuple(name for name in after.types if name not in before.types),
        columns_removed=tuple(name for name in before.types if name not in after.types),
        columns_retyped={
            name: (before.types[name], type_)
            for name, type_ in after.types.items()
            if name in before.types and before.types[name] != type_
        },
    )
