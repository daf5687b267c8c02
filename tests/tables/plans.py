"""Plans made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx_pipeline.tables.plan import Alternative, ColumnPlan, Decision, Finding, TablePlan


def feature(name: str, reason: str = "a reason", **setting: Any) -> ColumnPlan:
    """Plan a column that is a feature."""
    instead = Alternative({"kind": "text"}, "it is prose")
    return ColumnPlan(
        name, "feature", "something", Decision(setting, reason, (instead,)), "", 10, 1, 7
    )


def shop(
    *columns: ColumnPlan,
    sections: Mapping[str, Decision] | None = None,
    label: str = "bought",
    table: str = "shop.csv",
) -> TablePlan:
    """Plan a small table: two features, one column that is left out, and a label."""
    features = columns or (
        feature("price", kind="numeric", scale="log_zscore"),
        feature("yes", kind="categorical"),
    )
    others = (
        ColumnPlan("id", "dropped", "text", None, "each row has another one", 10, 0, 10),
        ColumnPlan(label, "label", "Yes or No", None, "", 10, 0, 2),
    )
    by_day = Alternative({"by": "time", "columns": "day"}, "the future is asked about")
    decisions = {
        "label": Decision(
            {"column": label, "task": "binary", "classes": ["No", "Yes"]}, "two values"
        ),
        "data.split": Decision({"train": 2, "eval": 1, "seed": 0}, "rows are alike", (by_day,)),
        "model.family": Decision("wide_deep", "the default"),
        "evaluation.metrics": Decision(["auc", "log_loss"]),
    }
    warnings = (Finding(("price",), "`price` | knows much", "look at it"),)
    return TablePlan(
        table, 10, 10, (*features, *others), {**decisions, **(sections or {})}, warnings
    )
