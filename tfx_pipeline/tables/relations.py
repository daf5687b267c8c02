"""Columns beside one another: the same twice, and those that know the label."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.distances.columns import Categories, Column, Numbers
from tfx_pipeline.evaluation.leaks import MAX_POWER, POWER_NAMES, feature_powers
from tfx_pipeline.ingestion.reading.arrow_arrays import strings
from tfx_pipeline.modules.features.moment_style import seconds_of
from tfx_pipeline.modules.features.number_style import numbers_of, read_style
from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.kinds import names
from tfx_pipeline.tables.labels import LabelPlan
from tfx_pipeline.tables.plan import ColumnPlan, Finding
from tfx_pipeline.tables.table_sample import TableSample

_FEWEST_ROWS, _FEWEST_RENAMED = 20, 50
_LEAK_CELLS = 1_000_000
_MOST_LEAK_ROWS = 20_000
_SUSPECT_POWER = 0.9
"""Power from which on a column that is named after the label is suspected."""


def without_doubles(
    columns: Sequence[ColumnPlan], sample: TableSample
) -> tuple[list[ColumnPlan], list[Finding]]:
    """Drop features whose cells are, row by row, those of an earlier column."""
    found: dict[bytes, str] = {}
    plans = []
    for plan, column in zip(columns, sample.columns, strict=True):
        if plan.role not in ("feature", "label") or column.rows < _FEWEST_ROWS:
            plans.append(plan)
            continue
        first = found.setdefault(_digest(column), plan.name)
        if first != plan.name and plan.role == "feature":
            reason = f"the same as `{first}` in all rows"
            plan = replace(plan, role="dropped", feature=None, reason=reason)
        plans.append(plan)
    return plans, _doubles_of_label(plans, sample)


def _doubles_of_label(plans: Sequence[ColumnPlan], sample: TableSample) -> list[Finding]:
    label = next(plan.name for plan in plans if plan.role == "label")
    reason = f"the same as `{label}` in all rows"
    same = tuple(plan.name for plan in plans if plan.reason == reason)
    if not same:
        return []
    text = f"{', '.join(f'`{x}`' for x in same)}: the label once more; left out"
    return [Finding(same, text, "")]


def _digest(column: ColumnSample) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    if column.numbers is not None and not column.has_leading_zeros:
        digest.update(np.nan_to_num(column.numbers, nan=-1.2345e-300).tobytes())
    else:
        codes, texts = column.coded
        digest.update(codes.tobytes())
        digest.update("\n".join(texts).encode())
    return digest.digest()


def values_of(column: ColumnSample, plan: ColumnPlan) -> Column:
    """Give a column as its feature reads it: numbers, moments as seconds, or categories."""
    setting = plan.feature.setting if plan.feature else {}
    kind, pattern = setting.get("kind"), setting.get("parse")
    if pattern and kind in ("numeric", "timestamp"):
        codes, texts = column.coded
        array = strings(texts)
        read = (
            seconds_of(array, pattern)
            if kind == "timestamp"
            else numbers_of(array, read_style(pattern))
        )
        return Numbers(np.append(read, np.nan)[codes])
    if column.numbers is not None and kind != "categorical":
        values = column.numbers
        sentinels = [x for x in setting.get("missing", ()) if not isinstance(x, str)]
        return Numbers(
            np.where(np.isin(values, sentinels), np.nan, values) if sentinels else values
        )
    codes, texts = column.coded
    return Categories(codes, tuple(texts))


def leak_suspects(
    columns: Sequence[ColumnPlan], sample: TableSample, label: LabelPlan, seed: int
) -> tuple[list[ColumnPlan], list[Finding]]:
    """Find features that alone tell the label nearly always; drop those that are it, renamed."""
    plans = [plan for plan in columns if plan.feature is not None]
    rows = _rows_looked_at(sample.looked_at, len(plans), seed)
    labels = label.values[rows]
    hashes = np.random.default_rng(seed).integers(0, 1 << 62, len(rows))
    features = {
        plan.name: _part(values_of(sample.by_name[plan.name], plan), rows) for plan in plans
    }
    powers = feature_powers(label.task, labels, features, hashes)
    findings: list[Finding] = []
    dropped: dict[str, str] = {}
    for name, feature in features.items():
        if _is_renamed(feature, labels, label.task):
            dropped[name] = "the label in other words: each of its values is one of the label's"
            findings.append(Finding((name,), f"`{name}` is {dropped[name]}; left out"))
            continue
        power = powers.get(name, 0.0)
        is_named_so = _is_named_after(name, label.column.name)
        if power >= (_SUSPECT_POWER if is_named_so else MAX_POWER[label.task]):
            said = f"{POWER_NAMES[label.task]} {power:.4g}"
            text = f"`{name}` alone tells the label nearly always ({said})"
            step = "leave it out, unless it is known before the label is"
            findings.append(Finding((name,), text, step))
    return [
        replace(plan, role="dropped", feature=None, reason=dropped[plan.name])
        if plan.name in dropped
        else plan
        for plan in columns
    ], findings


def _rows_looked_at(rows: int, columns: int, seed: int) -> NDArray[np.int64]:
    most = min(_MOST_LEAK_ROWS, max(1000, _LEAK_CELLS // max(columns, 1)))
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def _part(column: Column, rows: NDArray[np.int64]) -> Column:
    if isinstance(column, Numbers):
        return Numbers(column.values[rows], column.is_whole)
    used, codes = np.unique(column.codes[rows], return_inverse=True)
    has_missing = int(len(used) > 0 and used[0] < 0)
    kept = tuple(column.names[code] for code in used[has_missing:].tolist())
    return Categories(codes.reshape(-1) - has_missing, kept)


def _is_named_after(name: str, label: str) -> bool:
    words = names.words_of(label)
    mine = names.words_of(name)
    joined = f" {' '.join(mine)} "
    return f" {' '.join(words)} " in joined or mine[-1] in ("target", "label", "outcome")


def _is_renamed(column: Column, labels: NDArray[np.float64], task: str) -> bool:
    """Tell a column each value of which stands for one value of the label; numbers in order."""
    known = np.isfinite(labels)
    if known.sum() < _FEWEST_RENAMED or not column.known[known].all():
        return False
    mine = column.codes if isinstance(column, Categories) else column.values
    values, places = np.unique(mine[known], return_inverse=True)
    targets, target_places = np.unique(labels[known], return_inverse=True)
    if len(values) != len(targets):
        return False
    partner = np.zeros(len(values), np.int64)
    partner[places.reshape(-1)] = target_places.reshape(-1)
    if (partner[places.reshape(-1)] != target_places.reshape(-1)).any():
        return False
    steps = np.diff(partner)
    in_order = bool((steps == 1).all() or (steps == -1).all())
    return len(np.unique(partner)) == len(targets) and (task != "regression" or in_order)
