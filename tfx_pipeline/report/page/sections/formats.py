"""The model in other formats: what each weighs, and how it was proven."""

from __future__ import annotations

from collections.abc import Sequence

from tfx_pipeline.export.verdict import ExportedFormat
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.blocks import Block, Cell, Mark, Pairs, Section, Table, Text
from tfx_pipeline.report.page.sections.absence import absent
from tfx_pipeline.report.page.sections.risks import problem_pairs
from tfx_pipeline.report.page.wording import NOTHING, sentence, size

_MARKS: dict[str, Mark] = {
    "equal": "good",
    "close": "good",
    "refused": "bad",
    "not exportable": "bad",
}
_MOST_PROBLEMS = 10
_COLUMNS = (
    *("Format", "verdict", "size", "largest difference", "rows asked"),
    *("one row, p50", "read by"),
)
"""No more: a table of eight is taken apart on most screens."""


def formats(facts: RunFacts) -> list[Section]:
    """Show each format; nothing where none was asked for."""
    if not (facts.config.get("export") or {}).get("formats"):
        return []
    if facts.export is None:
        artifact = "FormatExporter.exported_model"
        nothing = absent(facts, "FormatExporter", "The model in other formats", artifact)
        return [Section("formats", "Formats", [nothing])]
    if facts.export.note:
        return [Section("formats", "Formats", [Text(sentence(facts.export.note), "note")])]
    rows = [_row(each) for each in facts.export.formats]
    blocks: list[Block] = []
    if rows:
        blocks.append(Table("Formats beside the SavedModel", _COLUMNS, rows, (2, 3, 4, 5)))
        blocks.append(
            Text(
                "The largest difference of a probability, or of a value relative to the model's,"
                " between a format in its runtime and the SavedModel, over the same rows. A format"
                " that is `close` has rounded weights: it is held to the limit by what its metrics"
                f" lose.{_limits(facts.export.formats)}"
            )
        )
    if facts.run.version:
        blocks.append(Text(f"They were pushed beside the version: `formats/{facts.run.version}`."))
    blocks += [Pairs(problem_pairs(x)) for x in facts.export.refusals[:_MOST_PROBLEMS]]
    mark: Mark = "bad" if facts.export.refusals else "plain"
    return [Section("formats", "Formats", blocks, mark)]


def _row(each: ExportedFormat) -> tuple[str | Cell, ...]:
    read_by = f"{each.runtime} {each.runtime_version}".strip()
    verdict = Cell(each.verdict, _MARKS.get(each.verdict, "plain"))
    rows = f"{each.rows:,}"
    if not each.file:
        return (each.name, verdict, NOTHING, NOTHING, rows, NOTHING, read_by)
    difference = f"{each.largest_difference:.1e}"
    took = f"{each.p50_ms:.2f} ms"
    return (each.name, verdict, size(each.bytes), difference, rows, took, read_by)


def _limits(formats: Sequence[ExportedFormat]) -> str:
    """Say what is allowed, and how many rows were made; nothing where no rows were asked."""
    limits: dict[str, list[str]] = {}
    asked = [each for each in formats if each.rows]
    if not asked:
        return ""
    for each in asked:
        limits.setdefault(f"{each.limit:g}", []).append(each.name)
    allowed = [f"{limit} ({', '.join(names)})" for limit, names in limits.items()]
    made = max(each.rows - each.real_rows for each in asked)
    return f" The limit is {', '.join(allowed)}; {made:,} of the rows were made to hurt."
