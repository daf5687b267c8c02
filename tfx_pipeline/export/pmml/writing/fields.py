"""Derived fields: each is written once, when it is first asked for, behind those that it needs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tfx_pipeline.export.pmml.writing.expressions import constant
from tfx_pipeline.export.pmml.writing.xml import element, unescaped
from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import Operation

_READ = re.compile(' field="([^"]*)"')

WriteOperation = Callable[["Fields", Any, int], str | None]
"""Writes a part of an operation's output, and returns its field; None: it is always 0."""


class Fields:
    """The fields of a document, by what they hold.

    Attributes:
        columns: the raw columns, by name.
        written: the derived fields, XML.
    """

    def __init__(
        self,
        description: ModelDescription,
        writers: Mapping[type[Operation], WriteOperation],
        reserved: Iterable[str],
    ) -> None:
        """Take the writers of operations, and the names that no derived field may have."""
        self.columns: dict[str, Column] = {column.name: column for column in description.columns}
        self.written: list[str] = []
        self._operations = {each.output: each for each in description.operations}
        self._writers = writers
        self._numbers = [
            (name, part) for name, width in description.widths.items() for part in range(width)
        ]
        self._ids = list(description.sizes)
        self._starts = list(itertools.accumulate(description.sizes.values(), initial=0))
        self._names = {*self.columns, *reserved}
        self._cells: dict[str, dict[str, None]] = {}
        self._known: dict[object, str | None] = {}

    @property
    def width(self) -> int:
        """How many numbers the head reads."""
        return len(self._numbers)

    @property
    def id_columns(self) -> range:
        """Places of the columns of ids."""
        return range(len(self._ids))

    def ids_of(self, column: int) -> slice:
        """Give the ids of a column in the numbering that all share."""
        return slice(self._starts[column], self._starts[column + 1])

    def free(self, hint: str) -> str:
        """Take a name that no field has yet: the hint, or one like it."""
        names = itertools.chain([hint], (f"{hint} {count}" for count in itertools.count(2)))
        name = next(each for each in names if each not in self._names)
        self._names.add(name)
        return name

    def derived(
        self, hint: str, expression: str, data_type: str = "double", optype: str = "continuous"
    ) -> str:
        """Write a field; return its name: the hint, or one like it."""
        name = self.free(hint)
        read = [unescaped(each) for each in _READ.findall(expression)]
        cells = (self._cells.get(each, {each: None}) for each in read)
        self._cells[name] = dict.fromkeys(itertools.chain.from_iterable(cells))
        field = element("DerivedField", expression, name=name, optype=optype, dataType=data_type)
        self.written.append(field + "\n")
        return name

    def cells(self, *names: str) -> list[str]:
        """Name the raw columns that fields are made of; of others, the field itself.

        At least one: there is no model that reads nothing.
        """
        cells = dict.fromkeys(x for name in names for x in self._cells.get(name, [name]))
        return list(cells or self.columns)[: len(cells) or 1]

    def once(self, key: object, write: Callable[[], str | None]) -> str | None:
        """Write what the key stands for, unless that was done; return its field."""
        if key not in self._known:
            self._known[key] = write()
        return self._known[key]

    def field(self, key: object, write: Callable[[], str]) -> str:
        """Do the same with what is a field for sure."""
        name = self.once(key, write)
        assert name is not None
        return name

    def number(self, place: int) -> str | None:
        """Give the field of one of the numbers of the head; None: it is always 0."""
        return self.output(*self._numbers[place])

    def id(self, column: int) -> str:
        """Give the field of a column of ids, which begin at 0."""
        name = self.output(self._ids[column], 0)
        assert name is not None
        return name

    def output(self, name: str, part: int) -> str | None:
        """Give the field of a part of a transformed column."""
        operation = self._operations[name]
        write = self._writers[type(operation)]
        return self.once(("output", name, part), lambda: write(self, operation, part))

    def zero(self) -> str:
        """Give a field that is 0."""
        return self.field("zero", lambda: self.derived("zero", constant(0.0)))
