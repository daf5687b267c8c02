"""Every row of the table accounted for: in a split, without a label, or dropped by the rule."""

from __future__ import annotations

from collections.abc import Mapping

from tfx_pipeline.ingestion.table import Table


def row_account(table: Table, splits: Mapping[str, int]) -> dict[str, int]:
    """Count what became of the rows that were read.

    Args:
        table: as it was read.
        splits: rows of each split, as StatisticsGen counted them.
    """
    labels = table.labels
    return {
        "read": table.rows,
        **splits,
        "without_label": labels.rows_without,
        "dropped_by_rule": labels.rows_dropped,
    }


def account_line(rows: Mapping[str, int], table: Table) -> str:
    """Write the account as a sum, with the first place of what was left out."""
    parts = [f"{name} {rows[name]:,}" for name in rows if name in table.needs.splits]
    for name, words, cell in (
        ("without_label", "without a label", table.labels.first_without),
        ("dropped_by_rule", "dropped by label.rule", table.labels.first_dropped),
    ):
        if rows.get(name) and cell:
            parts.append(f"{words} {rows[name]:,} (first: {table.place(cell)})")
    return f"read {rows['read']:,} = {' + '.join(parts)}" if "read" in rows else ", ".join(parts)


def account_note(rows: Mapping[str, int]) -> str | None:
    """Say that the sum is not right: the splits were made of an earlier state of the table."""
    used = sum(count for name, count in rows.items() if name != "read")
    if used == rows["read"]:
        return None
    return (
        f"{rows['read']:,} rows were read, and {used:,} are accounted for: was the table changed?"
    )
