"""The page of a run, as one text."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.blocks import Cell, Mark, Section
from tfx_pipeline.report.page.drawing.texts import clean
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.sections.changes import changes
from tfx_pipeline.report.page.sections.curves import curves
from tfx_pipeline.report.page.sections.data import data
from tfx_pipeline.report.page.sections.formats import formats
from tfx_pipeline.report.page.sections.headline import headline
from tfx_pipeline.report.page.sections.metrics import metrics
from tfx_pipeline.report.page.sections.operation import serving, steps
from tfx_pipeline.report.page.sections.origin import environment, lineage, reproduce
from tfx_pipeline.report.page.sections.risks import risks
from tfx_pipeline.report.page.sections.slices import slices
from tfx_pipeline.report.page.sections.training import explanations, training

_SIGNS: dict[Mark, tuple[str, str]] = {
    "good": ("✓", "passed"),
    "warn": ("▲", "look here"),
    "bad": ("✗", "failed"),
    "plain": ("", ""),
}
"""By mark: the sign, and what it says to who does not see it."""
_LONGEST_WORD = 30
_LONG_WORD, _SIGN = re.compile(r"[^\s&;<>]{18,}"), re.compile(r"([_./=,-])(?=\w)")
_CODE = re.compile(r"`([^`\n]{1,200})`")


def render_page(facts: RunFacts) -> str:
    """Write the page: HTML with style and plots in it, without scripts."""
    drawn = Drawn()
    sections = page_sections(facts, drawn)
    template = _environment().get_template("page.html.j2")
    style = f"{_file('style.css')}\n{drawn.classes.css()}\n"
    page: str = template.render(
        facts=facts,
        headline=headline(facts),
        sections=sections,
        style=style,
        style_hash=_hash(style),
        signs=_SIGNS,
    )
    return page


def page_sections(facts: RunFacts, drawn: Drawn) -> Sequence[Section]:
    """Give the sections below the verdict, in their order."""
    return (
        changes(facts),
        metrics(facts, drawn),
        slices(facts, drawn),
        risks(facts, drawn),
        curves(facts, drawn),
        data(facts, drawn),
        training(facts, drawn),
        explanations(facts, drawn),
        serving(facts),
        *formats(facts),
        steps(facts, drawn),
        lineage(facts),
        environment(facts),
        reproduce(facts),
    )


def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tfx_pipeline.report.page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.filters["ticked"] = _ticked
    environment.tests["unbroken"] = _is_unbroken
    return environment


def _finalized(value: Any) -> Any:
    """Clean what a page cannot have out of each text; what is markup already stays."""
    return clean(value) if type(value) is str else value


def _ticked(text: str) -> Any:
    """Write what stands between backticks as code, everything escaped."""
    import markupsafe

    parts = _CODE.split(clean(text))
    return markupsafe.Markup("").join(
        markupsafe.Markup("<code>{}</code>").format(_broken(part)) if place % 2 else _broken(part)
        for place, part in enumerate(parts)
    )


def _broken(text: str) -> Any:
    """Let long words break after signs, where no letters are torn apart."""
    import markupsafe

    escaped = str(markupsafe.escape(text))
    return markupsafe.Markup(_LONG_WORD.sub(lambda word: _SIGN.sub(r"\1<wbr>", word[0]), escaped))


def _is_unbroken(cell: str | Cell) -> bool:
    """Tell a cell with a word that no column has room for."""
    text = cell if isinstance(cell, str) else cell.text
    return any(len(word) > _LONGEST_WORD for word in text.split())


def _hash(style: str) -> str:
    digest = hashlib.sha256(style.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _file(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text(encoding="utf-8")
