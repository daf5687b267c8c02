"""A model card as Markdown, to which nothing that comes from data means anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tfx_pipeline.report.card.model_card import (
    AnnexPoint,
    CardSection,
    CardTable,
    Entry,
    ModelCard,
)

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")
_ANNEX = (
    "Where the facts are that the technical documentation of Annex IV of Regulation (EU) 2024/1689"
    " asks for. A map, and no judgement: whether it is enough is for people to decide."
)


def to_markdown(card: ModelCard) -> str:
    """Write it."""
    return "\n".join(_lines(card)).rstrip() + "\n"


def _lines(card: ModelCard) -> Iterator[str]:
    version = f" {card.version}" if card.version else ""
    yield f"# Model card: {escaped(card.model)}{version}"
    yield ""
    state = "" if card.status == "pushed" else f" The run was {card.status}: nothing was pushed."
    yield f"Made from run `{card.run_id}` of the pipeline `{card.pipeline}`.{state}"
    for section in card.sections:
        yield ""
        yield from _section(section)
    yield ""
    yield "## Map to the EU AI Act, Annex IV"
    yield ""
    yield _ANNEX
    yield ""
    rows = tuple(_annex_row(point) for point in card.annex_iv)
    columns = ("point", "asks for", "sections above", "elsewhere", "to be written by people")
    yield from _table(CardTable("", columns, rows))


def _section(section: CardSection) -> Iterator[str]:
    yield f"## {section.title}"
    yield ""
    for entry in section.entries:
        yield f"- **{escaped(entry.name)}**: {_text(entry)}"
    for table in section.tables:
        yield ""
        if table.title:
            yield f"{escaped(table.title)}:"
            yield ""
        yield from _table(table)


def _text(entry: Entry) -> str:
    return escaped(entry.text) if entry.text else f"*not said: set `{entry.setting}`*"


def _annex_row(point: AnnexPoint) -> tuple[str, ...]:
    return (
        point.number,
        point.title,
        "; ".join(point.sections),
        "; ".join(point.elsewhere),
        point.missing,
    )


def _table(table: CardTable) -> Iterator[str]:
    yield _row(table.columns)
    yield "|---" * len(table.columns) + "|"
    yield from map(_row, table.rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"


def escaped(text: str) -> str:
    """Write a text on one line, none of whose characters is Markdown's or HTML's."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
