"""Operations on features as derived fields, by type.

What becomes float32 in the model has the data type float here, which rounds as that does: a later
decision then sees the same number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.pmml.writing import words
from tfx_pipeline.export.pmml.writing.calendar import calendar_id, periodic
from tfx_pipeline.export.pmml.writing.cells import key_of, key_text, number_of
from tfx_pipeline.export.pmml.writing.expressions import (
    apply,
    clipped,
    constant,
    looked_up,
    ref,
    stepped,
)
from tfx_pipeline.export.pmml.writing.fields import Fields, WriteOperation
from tfx_pipeline.export.pmml.writing.xml import numbers
from tfx_pipeline.modules.description.operations import (
    Bucket,
    CalendarId,
    CategoryId,
    IsMissing,
    NameValues,
    Operation,
    Periodic,
    Scaled,
    Words,
)


def _scaled(fields: Fields, operation: Scaled, part: int) -> str | None:
    if operation.unit == 0:
        return None
    number = number_of(fields, operation.column)
    value = ref(number)
    if operation.is_log:
        value = apply("ln1p", apply("max", value, 0.0))
    filled = apply("if", apply("isNotMissing", ref(number)), value, operation.fill)
    filled = ref(fields.derived(f"{operation.output} (filled)", filled))
    scaled = apply("/", apply("-", filled, operation.origin), operation.unit)
    farthest = operation.farthest
    return fields.derived(operation.output, clipped(scaled, -farthest, farthest), "float")


def _is_missing(fields: Fields, operation: IsMissing, part: int) -> str:
    is_missing = apply("isMissing", ref(number_of(fields, operation.column)))
    return fields.derived(operation.output, apply("if", is_missing, 1.0, 0.0), "float")


def _bucket(fields: Fields, operation: Bucket, part: int) -> str:
    number = number_of(fields, operation.column)
    boundaries = operation.boundaries.astype(np.float64).tolist()
    if not boundaries:
        bucket = apply("if", apply("isNotMissing", ref(number)), 1.0, 0.0)
    else:
        ids = range(1, len(boundaries) + 2)
        # Also of float32: boundaries are float64, and the number must not be made one of its type.
        exact = fields.derived(f"{operation.output} (number)", ref(number))
        steps = stepped(exact, boundaries, ids, "integer")
        steps = ref(fields.derived(f"{operation.output} (known)", steps, "integer"))
        bucket = apply("if", apply("isNotMissing", ref(number)), steps, 0.0)
    return fields.derived(operation.output, bucket, "integer", "categorical")


def _category_id(fields: Fields, operation: CategoryId, part: int) -> str:
    column = fields.columns[operation.column]
    pairs = _keys(fields, operation.column, operation.names[1:], range(1, len(operation.names)))
    unknown = str(len(operation.names))
    table = looked_up(key_of(fields, column.name), pairs, "integer", unknown, "0")
    return fields.derived(operation.output, table, "integer", "categorical")


def _name_values(fields: Fields, operation: NameValues, part: int) -> str:
    texts = numbers(operation.values[:, part].astype(np.float32))
    missing = dict(zip(operation.names, texts, strict=True)).get("", "0")
    pairs = _keys(fields, operation.column, operation.names, texts)
    table = looked_up(key_of(fields, operation.column), pairs, "float", "0", missing)
    name = f"{operation.output}[{part}]" if operation.values.shape[1] > 1 else operation.output
    return fields.derived(name, table, "float")


def _keys(
    fields: Fields, column: str, names: Sequence[str], values: Sequence[Any]
) -> list[tuple[str, str]]:
    """Pair the names that a cell can have with their values; of equal ones the first."""
    found: dict[str, str] = {}
    for name, value in zip(names, values, strict=True):
        key = key_text(fields.columns[column], name)
        if name and key is not None:
            found.setdefault(key, str(value))
    return list(found.items())


OPERATIONS: Mapping[type[Operation], WriteOperation] = {
    Scaled: _scaled,
    IsMissing: _is_missing,
    Bucket: _bucket,
    CategoryId: _category_id,
    NameValues: _name_values,
    Words: words.words,
    CalendarId: calendar_id,
    Periodic: periodic,
}


def vector(
    fields: Fields, column: int, table: NDArray[np.float32], unknown: NDArray[np.float32], hint: str
) -> list[str]:
    """Write what stands for an id, `table[id]`, as a field each: `[ids, width]`.

    Ids whose row is `unknown` need no row in the tables.
    """
    source = fields.id(column)
    names = []
    for part in range(table.shape[1]):
        texts = numbers(table[:, part])
        default = numbers(unknown[part : part + 1])[0]
        pairs = [(str(i), value) for i, value in enumerate(texts) if value != default]
        name = f"{hint}[{part}]" if table.shape[1] > 1 else hint
        if not pairs:
            names.append(fields.derived(name, constant(float(default))))
            continue
        names.append(fields.derived(name, looked_up(source, pairs, "float", default, default)))
    return names
