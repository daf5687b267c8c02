"""The README of a table: what it is, and a line for each column, for a person to complete."""

from __future__ import annotations

from tfx_pipeline.tables.plan import ColumnPlan, TablePlan
from tfx_pipeline.tables.writing.yaml_values import one_line
from tfx_pipeline.wording import counted, percent

_HEAD = """\
# {name}: {rows} of {table}

**Label**: {label}

**Source**: not said yet: who made this table, how and when, and where it can be had.

**Terms**: not said yet: its licence, and what may be done with it.

What the columns hold was measured by `tfx-pipeline init`, on {measured}. What they mean, and in
which unit, a person knows: it has a column of its own. Running `init` again keeps it.

| column | meaning and unit | holds | missing | used as |
|---|---|---|---|---|
"""


def readme_text(plan: TablePlan, name: str) -> str:
    """Write the README."""
    label = next((x for x in plan.columns if x.role == "label"), None)
    is_all = plan.looked_at >= plan.rows
    rows = counted(plan.rows, "row")
    text = _HEAD.format(
        name=name,
        rows=rows if is_all else f"about {rows}",
        table=one_line(plan.table),
        label=f"{_code(label.name)}, {one_line(label.meaning)}" if label else "none",
        measured="all rows" if is_all else counted(plan.looked_at, "row"),
    )
    text += "".join(f"{_line(column)}\n" for column in plan.columns)
    if plan.warnings:
        text += "\nTo know before modelling:\n"
        for finding in plan.warnings:
            step = f" {one_line(finding.next_step)}." if finding.next_step else ""
            text += f"- {one_line(finding.text).rstrip('.')}.{step}\n"
    return text


def _line(column: ColumnPlan) -> str:
    share = percent(column.missing / column.rows) if column.rows else ""
    cells = [_code(column.name), "", _cell(column.meaning), share, _cell(_use(column))]
    return f"| {' | '.join(cells)} |"


def _use(column: ColumnPlan) -> str:
    """Say what a column is used as, and why."""
    kind = column.feature.setting["kind"] if column.feature else ""
    role = {"feature": f"{kind} feature", "dropped": "nothing"}.get(column.role, column.role)
    if column.role != "feature" and kind:
        role += f", and {kind} feature"
    reason = column.reason or (column.feature.reason if column.feature else "")
    return f"{role}: {reason}" if reason else role


def _code(text: str) -> str:
    """Write a name as Markdown's code, whatever it holds."""
    text = one_line(text).replace("|", "\\|")
    mark = "``" if "`" in text else "`"
    blank = " " if "`" in text else ""
    return f"{mark}{blank}{text}{blank}{mark}"


def _cell(text: str) -> str:
    return one_line(text).replace("|", "\\|")
