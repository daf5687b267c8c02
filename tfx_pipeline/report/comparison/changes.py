"""How much worse than one run's model another's is, with intervals, on the rows that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.figures.slicing import Slice, largest_slices
from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.intervals.of_slices import MIN_SLICE_ROWS, slice_loss_intervals
from tfx_pipeline.evaluation.scored_split import SliceColumn
from tfx_pipeline.report.comparison.compared import RunChange, SliceChange
from tfx_pipeline.report.comparison.rows import JudgedRows, SharedRows, shared_rows


def change_of(run_id: str, first: JudgedRows, other: JudgedRows) -> RunChange:
    """Measure the metrics that both runs have, over all shared rows and by slice."""
    shared = shared_rows(first, other)
    if isinstance(shared, str):
        return RunChange(run_id, of=other.kept.of, note=f"not compared by rows: {shared}")
    names = [name for name in other.facts.metrics if name in first.facts.metrics]
    resampling = Resampling(other.facts.confidence, clusters=shared.clusters)
    losses = loss_intervals(names, shared.other, shared.first, resampling)
    groups = dict.fromkeys(each.columns for each in other.facts.slices)
    return RunChange(
        run_id,
        len(shared.other.labels),
        other.kept.of,
        _existing(losses),
        tuple(_slice_changes(shared, names, list(groups), resampling)),
        shared.note,
    )


def _slice_changes(
    shared: SharedRows,
    names: Sequence[str],
    groups: Sequence[tuple[str, ...]],
    resampling: Resampling,
) -> list[SliceChange]:
    known = [group for group in groups if all(name in shared.slices for name in group)]
    columns = {name: _coded(texts) for name, texts in shared.slices.items()}
    slices = [x for x in largest_slices(columns, known)[0] if len(x.places) >= MIN_SLICE_ROWS]
    members = [each.places for each in slices]
    losses = slice_loss_intervals(names, shared.other, shared.first, members, resampling)
    return [_slice_change(*each) for each in zip(slices, losses, strict=True)]


def _slice_change(of: Slice, losses: Mapping[str, Interval]) -> SliceChange:
    return SliceChange(of.columns, of.values, len(of.places), _existing(losses))


def _coded(texts: NDArray[Any]) -> SliceColumn:
    """Give texts as codes; a row without a value, an empty text, is in no slice."""
    values, codes = np.unique(texts.astype(str), return_inverse=True)
    codes = codes.reshape(-1).astype(np.int32)
    if len(values) and values[0] == "":
        return SliceColumn(codes - 1, tuple(values[1:].tolist()))
    return SliceColumn(codes, tuple(values.tolist()))


def _existing(losses: Mapping[str, Interval]) -> dict[str, Interval]:
    return {name: each for name, each in losses.items() if np.isfinite(each.value)}
