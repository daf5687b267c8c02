"""How the model is served, and what the steps of the run took."""

from __future__ import annotations

from tfx_pipeline.report.facts.run_facts import RunFacts, StepFacts
from tfx_pipeline.report.page.blocks import (
    Block,
    Cell,
    Folded,
    Mark,
    Pairs,
    Plots,
    Section,
    Table,
    Text,
)
from tfx_pipeline.report.page.drawing.rows import Bar, bar_rows
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.sections.absence import absent
from tfx_pipeline.report.page.wording import NOTHING, duration, size

STATES: dict[str, tuple[str, Mark]] = {
    "ran": ("ran", "good"),
    "cached": ("cached", "plain"),
    "failed": ("failed", "bad"),
    "refused": ("refused", "bad"),
}
_STEPS = "Time and memory of the steps"
_MEBIBYTE = 1 << 20


def serving(facts: RunFacts) -> Section:
    """Show latency and size."""
    found, blocks = facts.serving, list[Block]()
    if found.latencies_ms:
        ways = dict.fromkeys(name.partition("_")[0] for name in found.latencies_ms)
        percentiles = dict.fromkeys(name.partition("_")[2] for name in found.latencies_ms)
        rows = [
            (
                {"rest": "REST", "grpc": "gRPC"}.get(way, way),
                *(_latency(found.latencies_ms, way, x) for x in percentiles),
            )
            for way in ways
        ]
        columns = ("Way", *(f"{x}, ms" for x in percentiles))
        blocks.append(Table("Latency of one row", columns, rows, (1, 2)))
        blocks.append(
            Text(
                f"Measured once on the machine of the run, one request after the other:"
                f" {found.server}."
            )
        )
    else:
        blocks.append(absent(facts, "InfraCheck", "A measure of latency", "InfraCheck.blessing"))
    pairs = {}
    if found.model_bytes is not None:
        pairs["size of the model"] = size(found.model_bytes)
    if found.rows:
        pairs["rows asked"] = f"{found.rows:,} of the eval split, by each way"
    if found.largest_difference is not None:
        pairs["largest difference from training"] = f"{found.largest_difference:.1g}"
    if found.smoke_rows:
        pairs["rows asked after the push"] = f"{found.smoke_rows:,}"
    if pairs:
        blocks.append(Pairs(pairs))
    if found.files:
        rows = [(str(each["name"]), size(each["bytes"])) for each in found.files]
        blocks.append(
            Folded("Largest files", [Table("Largest files", ("File", "size"), rows, (1,))])
        )
    return Section("serving", "Latency and size", blocks)


def _latency(latencies: object, way: str, percentile: str) -> str:
    value = latencies.get(f"{way}_{percentile}") if isinstance(latencies, dict) else None
    return NOTHING if value is None else f"{value:.1f}"


def steps(facts: RunFacts, drawn: Drawn) -> Section:
    """Show what each step took, in time and memory."""
    if not facts.steps:
        return Section("steps", _STEPS, [Text("No step ended.", "note")], short="Steps")
    table = _table(facts)
    worked = [step for step in facts.steps if step.state != "cached"]
    plots = []
    if worked:
        seconds = [
            Bar(step.id, step.seconds, duration(step.seconds), marked=step.state == "failed")
            for step in worked
        ]
        slowest = max(worked, key=lambda step: step.seconds)
        description = (
            f"Seconds of each step that ran; {slowest.id} took most, {duration(slowest.seconds)}."
        )
        plots.append(drawn.plot("Time", description, bar_rows(seconds, "seconds"), table))
    measured = [step for step in worked if step.peak_memory_bytes]
    if measured:
        memory = [_memory_bar(step) for step in measured]
        most = max(measured, key=lambda step: step.peak_memory_bytes or 0)
        description = (
            "The most memory that the process of the run had during each step, seen twenty times a"
            f" second; {most.id} reached {size(most.peak_memory_bytes)}."
        )
        plots.append(drawn.plot("Memory", description, bar_rows(memory, "MiB"), table))
    failed = any(step.state in ("failed", "refused") for step in facts.steps)
    blocks: list[Block] = [table, Plots(plots)]
    return Section("steps", _STEPS, blocks, "bad" if failed else "plain", "Steps")


def _memory_bar(step: StepFacts) -> Bar:
    return Bar(
        step.id,
        (step.peak_memory_bytes or 0) / _MEBIBYTE,
        f"{(step.peak_memory_bytes or 0) / _MEBIBYTE:,.0f}",
    )


def _table(facts: RunFacts) -> Table:
    rows = [
        (
            step.id,
            Cell(*STATES.get(step.state, (step.state, "plain"))),
            duration(step.seconds),
            size(step.peak_memory_bytes),
            step.reason.removeprefix("ran: ") or NOTHING,
            step.facts or NOTHING,
        )
        for step in facts.steps
    ]
    columns = ("Step", "state", "time", "memory", "why", "what it made")
    return Table("Steps in their order", columns, rows, (2, 3))
