"""Which rows of the splits are of the newest span of a table that has several."""

from __future__ import annotations

from tfx_pipeline.ingestion.versions.manifest import Manifest


def newest_share(manifest: Manifest | None, *, in_order: bool) -> float | None:
    """Say which share of the rows the newest span has; None: it cannot be told, or all are.

    Rows stand in the splits as in the table, oldest span first (`in_order`: those that workers of
    Beam wrote do not), and are divided by chance: so that share of the rows of each split, its last
    ones, are of the newest span, give or take a few at the border.
    """
    if manifest is None or not in_order or len(manifest.spans) < 2:
        return None
    newest = manifest.spans[-1]
    rows = sum(file.rows for file in manifest.files)
    return sum(file.rows for file in manifest.files if file.span == newest) / rows if rows else None
