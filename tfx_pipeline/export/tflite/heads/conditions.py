"""What trees ask.

Conditions on scaled numbers are asked of the raw ones: with the largest raw number that float64
would scale to the threshold or below. Likewise those on sine and cosine are asked of the seconds
that have passed. So no rounding on the way decides otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfx_pipeline.export.tflite.features.clocks import LASTS, TURNS
from tfx_pipeline.export.tflite.features.numbers import scale
from tfx_pipeline.export.tflite.features.search import counts_at_most
from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.heads.inputs import HeadInputs
from tfx_pipeline.export.tflite.heads.thresholds import raw_thresholds, turning_points
from tfx_pipeline.modules.description.columns import Ranks
from tfx_pipeline.modules.description.heads import Conditions, TreesHead
from tfx_pipeline.modules.description.operations import Periodic, Scaled


def write_conditions(head: TreesHead, inputs: HeadInputs) -> Tensor:
    """Answer all conditions: `[rows, 1 + conditions] int32`, 0 or 1; the first is never true."""
    return _Asked(head, inputs).conditions()


class _Asked:
    """The conditions that trees ask."""

    def __init__(self, head: TreesHead, inputs: HeadInputs) -> None:
        self._columns, self._all, self._inputs = head.columns, head.conditions, inputs

    def conditions(self) -> Tensor:
        """Answer all: `[rows, 1 + conditions] int32`, 0 or 1."""
        writer, asked = self._inputs.writer, self._all
        groups: dict[str, list[int]] = {}
        for place in range(len(asked.number_columns)):
            groups.setdefault(self._group(int(asked.number_columns[place])), []).append(place)
        parts, order = list[Tensor](), list[int]()
        for name, places in groups.items():
            answer = {
                "number": self._of_numbers,
                "ids": self._of_ids,
                "turn": self._of_turns,
            }.get(name)
            parts.append(self._of_raw(name, places) if answer is None else answer(places))
            order += places
        if len(asked.code_columns):
            parts.append(self._of_codes(asked))
            first = len(asked.number_columns)
            order += range(first, first + len(asked.code_columns))
        answers = writer.cast(writer.joined(parts), "int32")
        never = writer.taken(answers, [0])
        answers = writer.joined([writer.two("SUB", never, never), answers])
        return writer.taken(answers, [0, *(1 + np.argsort(order)).tolist()])

    def _group(self, column: int) -> str:
        """Say of what a condition on a column of numbers is asked: raw ones, by their type."""
        if column >= len(self._columns.places):
            return "ids"
        origin = self._inputs.origins[int(self._columns.places[column])]
        if isinstance(origin, Periodic):
            return "turn"
        if not isinstance(origin, Scaled):
            return "number"
        raw = self._inputs.cells.columns[origin.column]
        return "number" if isinstance(raw.parse, Ranks) else raw.type

    def _if_missing(self, place: int, number: float) -> bool:
        """Answer a condition where trees see NaN, or, not knowing of it, this number."""
        knows = int(self._all.number_columns[place]) < len(self._columns.missing)
        number = float(self._all.fills[place]) if knows else number
        return bool(np.float32(number) > np.float32(self._all.thresholds[place]))

    def _column(self, place: int) -> int:
        """Give the column of `numbers` that a condition is on."""
        return int(self._columns.places[self._all.number_columns[place]])

    def _of_raw(self, kind: str, places: Sequence[int]) -> Tensor:
        """Answer conditions on scaled numbers of columns of one type."""
        writer, asked = self._inputs.writer, self._all
        numbers = self._inputs.cells.numbers(kind)
        origins = [self._inputs.origins[self._column(place)] for place in places]
        scaled = [each for each in origins if isinstance(each, Scaled)]
        raw = [numbers.places[each.column] for each in scaled]
        thresholds = raw_thresholds(scaled, asked.thresholds[list(places)], kind)
        above = writer.two("GREATER", writer.taken(numbers.values, raw), thresholds[np.newaxis])
        pairs = zip(places, scaled, strict=True)
        if_missing = [self._if_missing(place, scale(each, np.nan)) for place, each in pairs]
        missing = writer.taken(numbers.missing, raw)
        return writer.where(missing, np.array([if_missing]), above)

    def _of_numbers(self, places: Sequence[int]) -> Tensor:
        """Answer conditions on other columns of numbers."""
        writer, asked, columns = self._inputs.writer, self._all, self._columns
        assert self._inputs.numbers is not None
        taken = [self._column(place) for place in places]
        values = writer.taken(self._inputs.numbers, taken)
        above = writer.two("GREATER", values, asked.thresholds[list(places)][np.newaxis])
        of_columns = [int(asked.number_columns[place]) for place in places]
        if not any(column < len(columns.missing) for column in of_columns):
            return above
        # A column that cannot be missing is asked whether it is above all numbers.
        flags = [
            int(columns.missing[x]) if x < len(columns.missing) else y
            for x, y in zip(of_columns, taken, strict=True)
        ]
        bounds = [0.5 if x < len(columns.missing) else np.inf for x in of_columns]
        flag = writer.taken(self._inputs.numbers, flags)
        missing = writer.two("GREATER", flag, np.array([bounds]))
        if_missing = [self._if_missing(place, 0.0) for place in places]
        return writer.where(missing, np.array([if_missing]), above)

    def _of_turns(self, places: Sequence[int]) -> Tensor:
        """Answer conditions on sine and cosine: odd or even are the turning points passed."""
        writer, clocks, parts, missing = self._inputs.writer, self._inputs.clocks, [], []
        starts, points = [], []
        for place in places:
            column = self._column(place)
            origin = self._inputs.origins[column]
            assert isinstance(origin, Periodic)
            part = column - self._inputs.origins.index(origin)
            turn, last, wave = TURNS[part // 2], LASTS[part // 2], (np.sin, np.cos)[part % 2]
            start, found = turning_points(wave, turn, last, float(self._all.thresholds[place]))
            starts.append(start)
            points.append(found)
            parts.append(writer.taken(clocks.passed(origin.clock), [part // 2]))
            missing.append(clocks.missing(origin.clock))
        counts = counts_at_most(writer, writer.joined(parts), points)
        odd = writer.two("FLOOR_MOD", writer.two("ADD", counts, np.array([starts])), np.array(2))
        if_missing = [self._if_missing(place, 0.0) for place in places]
        above = writer.two("EQUAL", odd, np.ones(()))
        return writer.where(writer.joined(missing), np.array([if_missing]), above)

    def _of_ids(self, places: Sequence[int]) -> Tensor:
        """Answer conditions on columns of ids that have an order."""
        writer, asked, columns = self._inputs.writer, self._all, self._columns
        assert self._inputs.ids is not None
        ordered = [
            columns.ordered[asked.number_columns[place] - len(columns.places)] for place in places
        ]
        ids = writer.taken(self._inputs.ids, [int(column) for column, _ in ordered])
        starts = np.array([[int(start) for _, start in ordered]])
        thresholds = np.floor(asked.thresholds[list(places)].astype(np.float64))
        inside = np.clip(thresholds, -(2.0**30), 2.0**30)[np.newaxis].astype(np.int64)
        return writer.two("GREATER", ids, inside + starts)

    def _of_codes(self, asked: Conditions) -> Tensor:
        """Look up what conditions say of codes; all beyond the largest left one go right."""
        writer, columns = self._inputs.writer, self._columns
        assert self._inputs.ids is not None
        tables = []
        for left in asked.left_codes:
            table = np.ones(2 + max(left, default=-1), bool)
            table[list(left)] = False
            tables.append(table)
        lasts = np.array([[len(table) - 1 for table in tables]])
        starts = np.cumsum([0, *(len(table) for table in tables[:-1])])[np.newaxis]
        categories = writer.taken(self._inputs.ids, columns.categories.tolist())
        codes = writer.gathered(np.asarray(columns.codes, np.int32), categories)
        codes = writer.taken(codes, asked.code_columns.tolist())
        cells = writer.two("ADD", writer.two("MINIMUM", codes, lasts), starts)
        return writer.gathered(np.concatenate(tables), cells)
