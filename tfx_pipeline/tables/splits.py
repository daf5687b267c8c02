"""How the rows are divided: by chance, by what belongs together, or in the order of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.distances.columns import Numbers
from tfx_pipeline.modules.features.iso_moments import microseconds_of
from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.kinds import names
from tfx_pipeline.tables.labels import LabelPlan
from tfx_pipeline.tables.plan import Alternative, ColumnPlan, Decision, Finding
from tfx_pipeline.tables.relations import values_of
from tfx_pipeline.tables.table_sample import TableSample
from tfx_pipeline.wording import percent

_FEWEST_GROUPS = 20
_ROWS_OF_GROUP = 1.3
_WEIGHTS = {"train": 2, "eval": 1}
_CONSTANT_SHARE = 0.95
_SHARED_ROWS = 20_000
_MOST_SHARED = 500
"""Columns that are compared with a key."""
_TWIN_SHARE = 0.1
"""Rows that equal others, from which on a hash of the whole row would part the labels: all rows of
one feature vector and one label on one side, those with another label on the other."""
_MIXER = np.uint64(0x9E37_79B9_7F4A_7C15)
_MOST_KEYS = 16
_FEW_SORTS = 100
_LONG_DAYS = 30
_FEWEST_MOMENTS = 30
_DRIFT = {"binary": 0.1, "multiclass": 0.15, "regression": 0.35}
"""From which on the label of the last third is another one: distance of the classes' shares (total
variation), or of the means in standard deviations."""


@dataclass(frozen=True)
class SplitPlan:
    """How rows are divided: the section `data.split`, and the columns with their new roles."""

    decision: Decision
    columns: list[ColumnPlan]
    findings: tuple[Finding, ...] = ()


def plan_split(
    columns: Sequence[ColumnPlan], sample: TableSample, label: LabelPlan, seed: int
) -> SplitPlan:
    """Decide how rows are divided."""
    by_row = {"by": "row", **_WEIGHTS, "seed": seed}
    alternatives: list[Alternative] = []
    time = _time(columns, sample, label)
    group = _group(columns, sample)
    if group:
        name, reason = group
        setting = {"by": "key", "columns": [name], **_WEIGHTS, "seed": seed}
        alternatives.append(Alternative(by_row, "if callers will ask of the same ones again"))
        if time:
            alternatives.append(_by_time(time))
        planned = [_as_key(plan, reason) if plan.name == name else plan for plan in columns]
        return SplitPlan(Decision(setting, reason, tuple(alternatives)), planned)
    if time and time.drifts:
        setting = {"by": "time", "columns": [time.name], **_WEIGHTS}
        other = Alternative(by_row, "if the model answers for the same time as its rows")
        return SplitPlan(Decision(setting, time.reason, (other,)), list(columns))
    if time:
        alternatives.append(_by_time(time))
    if (share := _twins(columns, sample)) >= _TWIN_SHARE:
        reason = f"{percent(share)} of the rows equal another one, and equal rows stay together;"
        reason += " by the features, so that rows that differ by the label alone do, too"
        alternatives.append(Alternative(by_row, "if the features nearly always tell the label"))
        setting = {"by": "key", "columns": _telling(columns), **_WEIGHTS, "seed": seed}
        decision = Decision(setting, reason, tuple(alternatives))
        return SplitPlan(decision, list(columns), _few_sorts(columns, sample))
    reason = "by chance: nothing says that rows belong together"
    if time:
        reason = f"by chance: {time.reason}"
    return SplitPlan(Decision(by_row, reason, tuple(alternatives)), list(columns))


def _as_key(plan: ColumnPlan, reason: str) -> ColumnPlan:
    why = f"{reason}; no feature, as new ones would be unknown"
    return replace(plan, role="key", feature=None, reason=why)


def _group(columns: Sequence[ColumnPlan], sample: TableSample) -> tuple[str, str] | None:
    """Find the column whose values name what several rows are about."""
    best: tuple[int, str, str] | None = None
    for plan in columns:
        column = sample.by_name[plan.name]
        if plan.role not in ("feature", "dropped") or not _may_be_key(plan, column):
            continue
        known = column.rows - column.missing
        per_value = known / plan.distinct
        shared = _shared(column, columns, sample)
        if not names.is_entity(plan.name) and not shared:
            continue
        reason = f"rows of the same `{plan.name}` belong together: {per_value:.1f} rows each"
        if shared:
            reason += f", which share {', '.join(f'`{x}`' for x in shared[:3])}"
        if best is None or plan.distinct > best[0]:
            best = (plan.distinct, plan.name, reason)
    return best[1:] if best else None


def _may_be_key(plan: ColumnPlan, column: ColumnSample) -> bool:
    known = column.rows - column.missing
    if not (names.is_entity(plan.name) or names.names_an_id(plan.name)):
        return False
    if plan.feature and plan.feature.setting["kind"] not in ("categorical", "numeric"):
        return False
    if column.numbers is not None and (column.counted_numbers[0] % 1).any():
        return False
    is_repeated = known >= _ROWS_OF_GROUP * plan.distinct
    return is_repeated and plan.distinct >= _FEWEST_GROUPS and column.missing < 0.05 * column.rows


def _shared(key: ColumnSample, columns: Sequence[ColumnPlan], sample: TableSample) -> list[str]:
    """Name features that are the same in all rows of a group, in nearly all groups."""
    codes = _codes(key)[:_SHARED_ROWS]
    groups, counts = np.unique(codes[codes >= 0], return_counts=True)
    several = groups[counts > 1]
    if len(several) < 5:
        return []
    rows = np.isin(codes, several)
    found = []
    for plan in columns[:_MOST_SHARED]:
        if plan.name == key.name or plan.role not in ("feature", "label"):
            continue
        mine = _codes(sample.by_name[plan.name])[:_SHARED_ROWS]
        values, value_counts = np.unique(mine, return_counts=True)
        if value_counts.max() > 0.9 * len(mine) or len(values) < 2:
            continue
        pairs = np.unique(np.stack([codes[rows], mine[rows]]), axis=1)
        constant = np.mean(np.unique(pairs[0], return_counts=True)[1] == 1)
        if constant >= _CONSTANT_SHARE:
            found.append(plan.name)
    return found


def _twins(columns: Sequence[ColumnPlan], sample: TableSample) -> float:
    """Give the share of rows that equal another one in all columns; of the first rows."""
    if any(plan.distinct > (1 - _TWIN_SHARE) * plan.rows for plan in columns):
        return 0.0
    counts = _equal_rows(columns, sample)
    return float(counts[counts > 1].sum() / counts.sum())


def _equal_rows(columns: Sequence[ColumnPlan], sample: TableSample) -> NDArray[np.int64]:
    """Count the rows of each sort, equal in these columns, among the first ones."""
    mixed = np.zeros(min(sample.looked_at, _SHARED_ROWS), np.uint64)
    for plan in columns:
        codes = _codes(sample.by_name[plan.name])[:_SHARED_ROWS]
        mixed = mixed * _MIXER + codes.astype(np.uint64)  # wraps around
    return np.unique(mixed, return_counts=True)[1]


def _few_sorts(columns: Sequence[ColumnPlan], sample: TableSample) -> tuple[Finding, ...]:
    """Say that chance has too little to divide, if rows are of a few sorts."""
    features = [plan for plan in columns if plan.feature is not None]
    sorts = len(_equal_rows(features, sample))
    if sorts >= _FEW_SORTS:
        return ()
    names = tuple(plan.name for plan in features)
    text = f"the features say {sorts} different things in all rows: train and eval have few in"
    text += " common, and the gate may refuse a model that is good"
    step = "put a column into the table that numbers the rows, and run init again: no two rows are"
    step += " equal then, and they are divided by chance"
    return (Finding(names, text, step),)


def _telling(columns: Sequence[ColumnPlan]) -> list[str]:
    """Name the features, if there are too many those with the most values."""
    features = [plan for plan in columns if plan.feature is not None]
    most = sorted(features, key=lambda plan: -plan.distinct)[:_MOST_KEYS]
    return [plan.name for plan in features if plan in most]


def _codes(column: ColumnSample) -> NDArray[np.int64]:
    if column.numbers is None:
        return column.coded[0]
    codes = np.unique(column.numbers, return_inverse=True)[1].reshape(-1)
    return np.where(np.isnan(column.numbers), -1, codes).astype(np.int64)


@dataclass(frozen=True)
class _Time:
    """A column of moments by which rows can be divided; `drifts`: the label does."""

    name: str
    drifts: bool
    reason: str


def _by_time(time: _Time) -> Alternative:
    setting = {"by": "time", "columns": [time.name], **_WEIGHTS}
    return Alternative(setting, "if the model will answer for rows that come later")


def _time(columns: Sequence[ColumnPlan], sample: TableSample, label: LabelPlan) -> _Time | None:
    for plan in columns:
        setting = plan.feature.setting if plan.feature else {}
        column = sample.by_name[plan.name]
        if setting.get("kind") != "timestamp" or column.missing or plan.missing:
            continue
        if names.is_of_a_person(plan.name) or plan.distinct < _FEWEST_MOMENTS:
            continue
        if plan.statistics.get("days", 0) < _LONG_DAYS or not _can_order(plan, column):
            continue
        moments = values_of(column, plan)
        assert isinstance(moments, Numbers)
        distance = _drift(moments.values, label.values, label.task)
        drifts = distance > _DRIFT[label.task]
        what = "shares of the classes" if label.task != "regression" else "mean label"
        unit = " standard deviations" if label.task == "regression" else ""
        moved = f"{percent(distance)}" if label.task != "regression" else f"{distance:.2g}{unit}"
        reason = f"over {plan.statistics['days']:,.0f} days of `{plan.name}` the {what} of the last"
        reason += f" third of the rows {'differ' if label.task != 'regression' else 'differs'}"
        reason += f" by {moved}"
        return _Time(plan.name, drifts, reason)
    return None


def _can_order(plan: ColumnPlan, column: ColumnSample) -> bool:
    """Tell moments as `data.split` takes them: whole numbers, or texts as in ISO 8601."""
    if plan.feature and "parse" not in plan.feature.setting:
        return True
    texts = column.counted[0]
    return all(microseconds_of(text) is not None for text in texts[:: 1 + len(texts) // 1000])


def _drift(moments: NDArray[np.float64], labels: NDArray[np.float64], task: str) -> float:
    """Give the distance of the last third of the rows, by time, from those before."""
    known = np.isfinite(moments) & np.isfinite(labels)
    if known.sum() < 300:
        return 0.0
    ordered = labels[known][np.argsort(moments[known], kind="stable")]
    cut = 2 * len(ordered) // 3
    before, after = ordered[:cut], ordered[cut:]
    if task == "regression":
        spread = float(ordered.std())
        return abs(float(before.mean() - after.mean())) / spread if spread else 0.0
    classes = np.unique(ordered)
    shares = [(part[:, None] == classes).mean(axis=0) for part in (before, after)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)
