"""The table: rows, what the gate found, drift, anomalies, columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfx_pipeline.report.facts.data_facts import DataFacts, DriftFacts
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.page.blocks import (
    Block,
    Cell,
    Folded,
    Mark,
    Pairs,
    Plot,
    Plots,
    Section,
    Table,
    Text,
)
from tfx_pipeline.report.page.drawing.rows import Bar, bar_rows
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.sections.absence import absent
from tfx_pipeline.report.page.sections.risks import problem_pairs
from tfx_pipeline.report.page.wording import NOTHING, name_of, number, share, value_text
from tfx_pipeline.wording import counted

_DRAWN, _LISTED = 15, 300
_MOST_FINDINGS = 20


def data(facts: RunFacts, drawn: Drawn) -> Section:
    """Show what is known of the table, what moved, and what broke a rule."""
    found = facts.data
    blocks: list[Block] = [Pairs(dict(_rows(found)))] if found.rows or found.digest else []
    blocks += [Text(note, "note") for note in found.notes]
    blocks += _findings(found)
    plots = [*_drift_plots(found, drawn)]
    if plots:
        blocks.append(Plots(plots))
    elif not found.drift:
        blocks.append(absent(facts, "DataGate", "A measure of drift", "DataGate.blessing"))
    if found.tests:
        blocks.append(_tests(found))
    blocks.append(_anomalies(facts))
    blocks.append(
        _columns(found)
        if found.columns
        else absent(facts, "StatisticsGen", "A count of the columns", "StatisticsGen.statistics")
    )
    severities = {each.severity for each in found.findings}
    mark: Mark = "bad" if "error" in severities else "warn" if severities else "plain"
    return Section("data", "Data, drift and anomalies", blocks, mark, "Data")


def _rows(found: DataFacts) -> Iterator[tuple[str, str]]:
    if found.place:
        yield "table", found.place
    if found.digest:
        yield "version", found.digest[:16]
    for name, count in found.rows.items():
        if count or name in ("read", "train", "eval"):
            yield f"rows {name_of(name)}", f"{count:,}"


def _findings(found: DataFacts) -> Iterator[Block]:
    for each in found.findings[:_MOST_FINDINGS]:
        mark: Mark = "bad" if each.severity == "error" else "warn"
        word = "refuses the data" if each.severity == "error" else "warning"
        pairs = problem_pairs(each.problem)
        yield Pairs({each.check: Cell(word, mark), **pairs})
    if (more := len(found.findings) - _MOST_FINDINGS) > 0:
        yield Text(f"{more:,} more findings are in report.json.", "note")


def _drift_plots(found: DataFacts, drawn: Drawn) -> Iterator[Plot]:
    for title, compared, moves in (
        (
            "Drift: against the last data that passed",
            f"The {found.reference_rows:,} rows of the last data that passed, and these",
            found.drift,
        ),
        ("Skew: eval rows against train rows", "The rows of the two splits", found.skew),
    ):
        shown = [each for each in moves if each.distance is not None][:_DRAWN]
        if shown:
            yield _moves_plot(title, compared, shown, moves, drawn)


def _moves_plot(
    title: str,
    compared: str,
    shown: Sequence[DriftFacts],
    moves: Sequence[DriftFacts],
    drawn: Drawn,
) -> Plot:
    bars = [
        Bar(each.column, each.distance or 0.0, f"{each.distance:.3f}", each.chance_95, each.moved)
        for each in shown
    ]
    moved = sum(each.moved for each in moves)
    description = (
        f"{compared}: Jensen-Shannon's distance (0: alike, 1: nothing in common) of the"
        f" {counted(len(shown), 'column')} that moved most. {moved:,} of {len(moves):,} moved by"
        " more than chance and enough to matter (marked with a triangle). The upright mark is what"
        " chance exceeds once in 20 times."
    )
    return drawn.plot(title, description, bar_rows(bars, "distance"), _moves_table(title, moves))


def _moves_table(title: str, moves: Sequence[DriftFacts]) -> Table:
    rows = [
        (
            each.column,
            number(each.distance),
            number(each.chance_95),
            Cell("▲ moved", "warn") if each.moved else (each.unjudged or "no"),
            "; ".join(
                f"{x['name']}: {share(x['before'])} → {share(x['after'])}" for x in each.bins[:2]
            )
            or NOTHING,
        )
        for each in moves[:_LISTED]
    ]
    columns = ("Column", "distance", "chance", "moved", "what moved most")
    more = len(moves) - len(rows)
    return Table(title, columns, rows, (1, 2), f"{more:,} more columns" if more else "")


def _tests(found: DataFacts) -> Table:
    rows = [
        (
            str(each.get("rule", "")),
            f"{each.get('broken', 0):,} of {each.get('rows', 0):,}",
            Cell("holds", "good") if each.get("kept") else Cell("does not hold", "bad"),
        )
        for each in found.tests
    ]
    return Table("Tests of the data", ("Test", "rows that break it", "result"), rows, (1,))


def _anomalies(facts: RunFacts) -> Block:
    found = facts.data.anomalies
    if not found:
        gone = absent(
            facts, "ExampleValidator", "A list of anomalies", "ExampleValidator.anomalies"
        )
        is_there = any(
            each.id == "ExampleValidator" and each.state != "failed" for each in facts.steps
        )
        is_gone = any(each.what == "ExampleValidator.anomalies" for each in facts.missing)
        return (
            Text("No anomalies: the data keep to the schema.") if is_there and not is_gone else gone
        )
    rows = [(each.split, each.column, each.what, each.severity) for each in found[:_LISTED]]
    return Table("Anomalies against the schema", ("Split", "Column", "What", "severity"), rows)


def _columns(found: DataFacts) -> Block:
    shown = found.columns[:_LISTED]
    rows = [
        (
            each.name,
            each.kind,
            share(each.missing),
            share(each.missing_eval),
            number(each.mean),
            number(each.deviation),
            number(each.median),
            value_text(each.distinct),
        )
        for each in shown
    ]
    columns = (
        "Column",
        "kind",
        "missing",
        "missing, eval",
        "mean",
        "deviation",
        "median",
        "different",
    )
    more = len(found.columns) - len(shown)
    table = Table(
        "Columns of the split train",
        columns,
        rows,
        tuple(range(2, 8)),
        f"{more:,} more columns" if more else "",
    )
    return Folded(f"The {len(found.columns):,} columns", [table])
