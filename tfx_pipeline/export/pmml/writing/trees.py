"""Grown trees.

https://dmg.org/pmml/v4-4-1/TreeModel.html

A node has two children. The first asks, and the second takes all other rows, also those where the
number is missing, for of these no question is true: so the side that takes the missing ones stands
last, and nothing more has to be said of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tfx_pipeline.export.pmml.writing.expressions import apply, looked_up, ref
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.export.pmml.writing.xml import element, escaped, mining_schema, number
from tfx_pipeline.modules.description.heads import Tree, TreesHead


class TreeWriter:
    """Writes the trees of a head."""

    def __init__(self, fields: Fields, head: TreesHead) -> None:
        self._fields, self._columns, self._conditions = fields, head.columns, head.conditions

    def segment(self, name: str, tree: Tree, read: dict[str, None]) -> str:
        """Write a tree as a segment of a sum; `read` gets the fields."""
        fields: dict[str, None] = {}
        nodes = "".join(self._nodes(tree, fields))
        read.update(fields)
        schema = mining_schema(self._fields.cells(*fields))
        model = element(
            "TreeModel",
            schema,
            nodes,
            functionName="regression",
            missingValueStrategy="none",
            splitCharacteristic="binarySplit",
        )
        return element("Segment", "<True/>", model, id=name) + "\n"

    def _nodes(self, tree: Tree, fields: dict[str, None]) -> Iterator[str]:
        """Write nodes from the root on; `fields` gets what they ask for."""
        root = 0 if len(tree.conditions) else -1
        open_: list[tuple[int, str] | str] = [(root, "<True/>")]
        while open_:
            next_ = open_.pop()
            if isinstance(next_, str):
                yield next_
                continue
            place, predicate = next_
            if place < 0:
                score = number(float(tree.values[-1 - place]))
                yield f'<Node score="{score}">{predicate}</Node>'
                continue
            yield f"<Node>{predicate}"
            field, asked, is_right = self._question(int(tree.conditions[place]))
            fields[field] = None
            sides = int(tree.right[place]), int(tree.left[place])
            first, second = sides if is_right else sides[::-1]
            open_ += ["</Node>\n", (second, "<True/>"), (first, asked)]

    def _question(self, place: int) -> tuple[str, str, bool]:
        """Give the field, the predicate, and whether it is true of rows that go right."""
        conditions = self._conditions
        count = len(conditions.thresholds)
        if place >= count:
            field = self._code(int(conditions.code_columns[place - count]))
            codes = conditions.left_codes[place - count]
            array = element("Array", " ".join(map(str, codes)), type="int", n=len(codes))
            return (
                field,
                element("SimpleSetPredicate", array, field=field, booleanOperator="isIn"),
                False,
            )
        field = self._number(int(conditions.number_columns[place]))
        threshold = np.float32(conditions.thresholds[place])
        is_right = not conditions.fills[place] > threshold
        operator = "greaterThan" if is_right else "lessOrEqual"
        value = number(threshold)
        asked = f'<SimplePredicate field="{escaped(field)}" operator="{operator}" value="{value}"/>'
        return field, asked, is_right

    def _number(self, column: int) -> str:
        key = ("tree number", column, id(self._columns))
        return self._fields.field(key, lambda: self._written_number(column))

    def _written_number(self, column: int) -> str:
        fields, columns = self._fields, self._columns
        if column >= len(columns.places):
            place, start = columns.ordered[column - len(columns.places)].tolist()
            source = fields.id(place)
            shift = start - fields.ids_of(place).start
            value = apply("-", ref(source), float(shift)) if shift else ref(source)
            return fields.derived(f"{source} (number)", value)
        source = fields.number(int(columns.places[column])) or fields.zero()
        missing = (
            fields.number(int(columns.missing[column])) if column < len(columns.missing) else None
        )
        if missing is None:
            return source
        known = apply("if", apply("lessOrEqual", ref(missing), 0.5), ref(source))
        return fields.derived(f"{source} (known)", known, "float")

    def _code(self, column: int) -> str:
        fields, place = self._fields, int(self._columns.categories[column])
        codes = self._columns.codes[fields.ids_of(place)].tolist()
        pairs = [(str(id_), str(code)) for id_, code in enumerate(codes) if code]

        def write() -> str:
            source = fields.id(place)
            table = looked_up(source, pairs, "integer", "0", "0")
            return fields.derived(f"{source} (code)", table, "integer", "categorical")

        return fields.field(("code", place, tuple(codes)), write)
