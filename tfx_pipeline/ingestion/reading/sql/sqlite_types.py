"""Which types the columns of a query on SQLite have, whose cells may each have another.

The driver takes the types of the first rows for those of all, and fails at the first cell of
another. So SQLite is asked first, in the same transaction, what all cells are; then a row of the
right types goes before those of the query.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery, quoted
from tfx_pipeline.wording import counted

_EXACT = 2**53  # whole numbers beyond it are not 64-bit floats
_RENAMED = re.compile(r"(.+):\d+")
_WITNESSES = {"integer": "0", "real": "0.5", "text": "'a'", "blob": "x'00'"}
_NOUNS = {"integer": "whole number", "real": "fraction", "text": "text", "blob": "blob"}


def typed_statement(connection: Any, query: SqlQuery) -> str:
    """Write the query so that its first row, which is none of its own, has the types of all.

    Raises:
        UnreadableError: the cells of a column have types that have none in common.
    """
    inner = f"({query.statement})"
    names = _result(connection, f"SELECT * FROM {inner} LIMIT 0").schema.names
    _refuse_twins(query, names)
    found = [f"group_concat(DISTINCT typeof({quoted(name)}))" for name in names]
    kinds = [
        set((text or "").split(",")) - {"null", ""}
        for text in _row(connection, f"SELECT {', '.join(found)} FROM {inner}")
    ]
    witness, cells = [], []
    for name, kind in zip(names, kinds, strict=True):
        column = cell = quoted(name)
        if len(kind) > 1:
            kind, cell = _mixture(connection, query, inner, name)
        value = _WITNESSES[next(iter(kind), "text")]
        witness.append(f"{value} AS {column}")
        cells.append(cell)
    return f"SELECT {', '.join(witness)} UNION ALL SELECT {', '.join(cells)} FROM {inner}"


def _result(connection: Any, statement: str) -> Any:
    """Run a statement that gives few rows, and give all of them."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetch_record_batch().read_all()


def _row(connection: Any, statement: str) -> list[Any]:
    return [column[0].as_py() for column in _result(connection, statement).columns]


def _refuse_twins(query: SqlQuery, names: Sequence[str]) -> None:
    """Refuse columns of one name, the second of which SQLite calls `name:1`."""
    for name in names:
        renamed = _RENAMED.fullmatch(name)
        if renamed and renamed[1] in names:
            what, step = f"2 columns have the name `{renamed[1]}`", "name one otherwise: … AS …"
            raise UnreadableError(Problem(what, query.place, next_step=step))


def _mixture(connection: Any, query: SqlQuery, inner: str, name: str) -> tuple[set[str], str]:
    """Find a type for cells of several types; give it, and the SQL that makes each cell one.

    Whole numbers become fractions beside such, and texts beside texts, where that changes none.
    Texts of blanks are missing cells of a table that came from CSV.
    """
    column = quoted(name)
    is_text = f"(typeof({column}) = 'text' AND trim({column}) <> '')"
    counts = [f"total(typeof({column}) = '{kind}')" for kind in ("integer", "real", "blob")]
    whole = f"CASE typeof({column}) WHEN 'integer' THEN {column} END"
    facts = [
        *counts,
        f"total({is_text})",
        f"coalesce(max(max({whole}), -min({whole})), 0)",
        f"coalesce(min(CASE WHEN {is_text} THEN {column} END), '')",
    ]
    *numbers, largest, example = _row(connection, f"SELECT {', '.join(facts)} FROM {inner}")
    found = dict(zip(("integer", "real", "blob", "text"), map(int, numbers), strict=True))
    kinds = {kind for kind, count in found.items() if count}
    without_blanks = (
        f"CASE WHEN typeof({column}) = 'text' AND trim({column}) = '' THEN NULL ELSE {column} END"
    )
    if len(kinds) == 1:
        return kinds, without_blanks
    if kinds == {"integer", "real"} and largest <= _EXACT:
        return {"real"}, without_blanks
    if kinds == {"integer", "text"}:
        return {"text"}, f"CAST({column} AS TEXT)"
    received = ", ".join(counted(found[x], noun) for x, noun in _NOUNS.items() if found[x])
    received += f", e.g. {str(example)[:80]!r}" if example else ""
    received += f", one of them beyond 2**53 = {_EXACT}" if largest > _EXACT else ""
    step = f"mend the cells, or name one type in data.source.query: CAST({column} AS TEXT)"
    what = f"the cells of `{name}` have types that have none in common"
    raise UnreadableError(Problem(what, query.place, received, next_step=step))
