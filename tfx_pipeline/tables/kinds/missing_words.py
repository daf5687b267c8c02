"""Cells that mean missing, as an entry of a feature and in its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tfx_pipeline.wording import listed


def missing_feature(
    feature: Mapping[str, object],
    reason: str,
    cells: Sequence[object],
    rows: Mapping[str, int],
) -> tuple[dict[str, object], str]:
    """Add `missing` to a feature, and say so; `rows` are those of some of the cells."""
    if not cells:
        return dict(feature), reason
    shown = [
        f"`{cell}` ({rows[str(cell)]:,} ×)" if str(cell) in rows else f"`{cell}`" for cell in cells
    ]
    means = "means" if len(cells) == 1 else "mean"
    return {**feature, "missing": list(cells)}, f"{reason}; {listed(shown, 6)} {means} missing"
