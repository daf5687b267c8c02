"""All groups of the named columns, compared: what the check judges and shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.risk.fairness.gaps import Cells, Gap, cells_of, gaps_of
from tfx_pipeline.evaluation.risk.fairness.groups import Partition, partitions
from tfx_pipeline.evaluation.risk.fairness.measures import Measure, measures_of
from tfx_pipeline.evaluation.risk.good_rows import good_rows, resampling_of, scored_at
from tfx_pipeline.evaluation.risk.subject import Subject

_SHARE_OF_BUDGET = 0.4
"""For the figures; as much is for their intervals."""
_RESAMPLES, _FEWEST_RESAMPLES = 1000, 200
_SECONDS_PER_SUM = 2e-9
"""That it takes to add a row to a figure, on one core: what it costs to resample them."""


@dataclass(frozen=True)
class Comparison:
    """Groups, what was measured of them, and how they differ.

    Attributes:
        rows: `[used] int`: places of the eval rows with a good label and answer.
        partitions: that have two groups or more.
        undivided: columns, or two of them, that have not.
        measures: what was measured.
        cells: of that, each group's figure.
        gaps: of each two groups that are large enough.
        classes: names of the classes.
        late: columns, or two of them, that there was no time for.
    """

    rows: NDArray[Any]
    partitions: tuple[Partition, ...]
    undivided: tuple[tuple[str, ...], ...]
    measures: tuple[Measure, ...]
    cells: Cells
    gaps: tuple[Gap, ...]
    resampling: Resampling
    classes: tuple[str, ...]
    late: tuple[tuple[str, ...], ...] = ()

    def group(self, cell: int) -> str:
        """Name the group of a cell."""
        of = self.partitions[int(self.cells.partition[cell])]
        return ", ".join(of.names[int(self.cells.group[cell])])

    def columns(self, cell: int) -> tuple[str, ...]:
        """Name the columns that the group of a cell is of."""
        return self.partitions[int(self.cells.partition[cell])].columns

    def measure(self, cell: int) -> Measure:
        """Give what is measured in a cell."""
        return self.measures[int(self.cells.measure[cell])]

    def measure_text(self, measure: Measure) -> str:
        """Name a measure, and the class that it is of."""
        text = measure.name.replace("_", " ")
        return text if measure.of_class is None else f"{text} of `{self.classes[measure.of_class]}`"

    def is_beyond(self, gap: Gap) -> float:
        """Give the near end of a gap's interval, as it is compared with the largest allowed one."""
        return gap.interval.low / self.measure(gap.high).unit


def compare(subject: Subject, names: Sequence[str], settings: Mapping[str, Any]) -> Comparison:
    """Compare the groups of these columns of the table."""
    rows = good_rows(subject)
    used = scored_at(subject, rows)
    fewest = int(settings["min_group_rows"])
    divided = [
        *partitions(
            {name: subject.eval.columns[name][rows] for name in names},
            settings["edges"],
            crosses=bool(settings["crosses"]),
            fewest_rows=fewest,
        )
    ]
    kept = tuple(each for each in divided if each.names)
    undivided = tuple(each.columns for each in divided if not each.names)
    measures = tuple(measures_of(used)) if len(rows) else ()
    resampling = resampling_of(subject, rows)
    if not kept:
        nothing = Cells(*[np.zeros(0)] * 2, *[np.zeros(0, int)] * 3)
        return Comparison(rows, kept, undivided, measures, nothing, (), resampling, subject.classes)
    cells = cells_of(used, kept, measures, _SHARE_OF_BUDGET * settings["budget_s"])
    reached = kept[: int(cells.partition.max()) + 1]
    late = tuple(each.columns for each in kept[len(reached) :])
    resampling = replace(
        resampling, resamples=_resamples(len(rows) * len(reached) * len(measures), settings)
    )
    gaps = gaps_of(cells, reached, measures, fewest, resampling)
    return Comparison(
        *(rows, reached, undivided, measures, cells, tuple(gaps), resampling, subject.classes, late)
    )


def _resamples(sums: int, settings: Mapping[str, Any]) -> int:
    """Say how many resamples of so many rows in figures there is time for."""
    possible = _SHARE_OF_BUDGET * settings["budget_s"] / (2 * sums * _SECONDS_PER_SUM)
    return int(min(max(possible, _FEWEST_RESAMPLES), _RESAMPLES))


def strongest_gaps(comparison: Comparison) -> list[Gap]:
    """Give of each measure of each partition the gap that is surest, the surest of all first."""
    best: dict[tuple[int, int], Gap] = {}
    for gap in comparison.gaps:
        key = (
            int(comparison.cells.partition[gap.high]),
            int(comparison.cells.measure[gap.high]),
        )
        if key not in best or comparison.is_beyond(gap) > comparison.is_beyond(best[key]):
            best[key] = gap
    return sorted(best.values(), key=comparison.is_beyond, reverse=True)
