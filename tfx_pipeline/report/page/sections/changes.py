"""What changed since the last blessed run."""

from __future__ import annotations

from collections.abc import Sequence

from tfx_pipeline.report.facts.run_facts import Difference, RunFacts
from tfx_pipeline.report.page.blocks import Block, Section, Table, Text

_MOST = 60
_PARTS = (
    ("config", "Configuration", "Key"),
    ("data", "Data", "What"),
    ("code", "Code, by the steps that run it", "Step"),
    ("libraries", "Libraries", "Library"),
)


def changes(facts: RunFacts) -> Section:
    """Say what differs; what does not is one sentence."""
    found = facts.changes
    if not found.run_id:
        return _section([Text(f"There is nothing to compare with: {found.note}.", "note")])
    blocks: list[Block] = [Text(f"Compared with run `{found.run_id}`.")]
    if found.note:
        blocks.append(Text(f"{found.note}.", "note"))
    same = []
    for name, title, column in _PARTS:
        differences: Sequence[Difference] = getattr(found, name)
        if differences:
            blocks.append(_table(title, column, differences))
        else:
            same.append(title.partition(",")[0].lower())
    if same and not found.note:
        blocks.append(Text(f"No difference in: {', '.join(same)}."))
    return _section(blocks)


def _table(title: str, column: str, differences: Sequence[Difference]) -> Table:
    rows = [(each.name, each.before, each.after) for each in differences[:_MOST]]
    more = len(differences) - len(rows)
    return Table(title, (column, "then", "now"), rows, left_out=f"{more:,} more" if more else "")


def _section(blocks: Sequence[Block]) -> Section:
    title = "What changed since the last blessed run"
    return Section("changes", title, blocks, short="Changes")
