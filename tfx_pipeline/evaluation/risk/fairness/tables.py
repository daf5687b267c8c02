"""What the report shows of groups, gaps and proxies: lists of equal rows of plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tfx_pipeline.evaluation.risk.fairness.comparison import Comparison
from tfx_pipeline.evaluation.risk.fairness.gaps import Gap
from tfx_pipeline.evaluation.risk.fairness.proxies import Proxy

_MOST = 300


def group_rows(comparison: Comparison) -> list[Mapping[str, Any]]:
    """Give each group with its figures; None: of no rows."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    cells = comparison.cells
    for cell in range(len(cells)):
        partition, group = int(cells.partition[cell]), int(cells.group[cell])
        row = found.setdefault(
            (partition, group),
            {
                "columns": " × ".join(comparison.columns(cell)),
                "group": comparison.group(cell),
                "rows": int((comparison.partitions[partition].codes == group).sum()),
            },
        )
        name = comparison.measure_text(comparison.measure(cell))
        row[name] = _plain(float(cells.figures[cell]))
    rows: list[Mapping[str, Any]] = [*found.values()]
    return rows[:_MOST]


def gap_rows(comparison: Comparison, gaps: Sequence[Gap]) -> list[Mapping[str, Any]]:
    """Give these gaps, each with its interval, and of rates the ratio."""
    return [
        {
            "columns": " × ".join(comparison.columns(gap.high)),
            "measure": comparison.measure_text(comparison.measure(gap.high)),
            "lower": comparison.group(gap.low),
            "higher": comparison.group(gap.high),
            "gap": _plain(gap.interval.value),
            "low": _plain(gap.interval.low),
            "high": _plain(gap.interval.high),
            "ratio": None if gap.ratio is None else _plain(gap.ratio),
            "rows": gap.interval.rows,
        }
        for gap in gaps[:_MOST]
    ]


def proxy_rows(proxies: Sequence[Proxy]) -> list[Mapping[str, Any]]:
    """Give the features that tell a group best."""
    return [
        {
            "column": proxy.column,
            "group": proxy.group,
            "feature": proxy.feature,
            "auc": _plain(proxy.auc),
            "low": _plain(proxy.low),
            "used": proxy.is_used,
        }
        for proxy in proxies[:_MOST]
    ]


def _plain(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None
