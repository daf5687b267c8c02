"""What was measured of each class, and what is answered above other thresholds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts
from tfx_pipeline.report.page.blocks import Block, Cell, Row, Table
from tfx_pipeline.report.page.wording import NOTHING, name_of, number, share, value_text

_COUNTS = ("true_positive", "false_positive", "false_negative", "true_negative")
_RATES = ("precision", "recall", "specificity", "accuracy")
_MOST_CLASSES = 12
"""Whose confusion is shown: more would be too small to read."""


def classes_table(evaluation: EvaluationFacts) -> Iterator[Block]:
    """Show what was measured of each class, and which was taken for which."""
    names = [*evaluation.classes_figures]
    if names:
        found = dict.fromkeys(key for x in evaluation.classes_figures.values() for key in x)
        keys = [key for key in found if not key.endswith(("_low", "_high"))]
        rows: list[Row] = [
            (name, *(_class_figure(key, figures) for key in keys))
            for name, figures in evaluation.classes_figures.items()
        ]
        numbers = tuple(range(1, len(keys) + 1))
        yield Table("Classes", ("Class", *map(name_of, keys)), rows, numbers)
    if evaluation.confusion and len(evaluation.confusion) <= 12:
        shown = names if len(names) == len(evaluation.confusion) else [*evaluation.classes]
        rows = [
            (name, *(_confused(count, sum(counts)) for count in counts))
            for name, counts in zip(shown, evaluation.confusion, strict=False)
        ]
        columns = ("Label", *(f"answered {name}" for name in shown))
        numbers = tuple(range(1, len(columns)))
        caption = "Labels and answers: rows, and their share of the label's"
        yield Table(caption, columns, rows, numbers)


def _class_figure(key: str, figures: Mapping[str, float | None]) -> str:
    value = figures.get(key)
    if key == "rows" and value is not None:
        return f"{value:,.0f}"
    return _rate(value, figures.get(f"{key}_low"), figures.get(f"{key}_high"))


def _confused(count: int, total: int) -> Cell:
    part = count / total if total else 0.0
    return Cell(f"{count:,} ({share(part)})", level=min(9, math.floor(10 * part)))


def thresholds_table(evaluation: EvaluationFacts) -> Iterator[Block]:
    """Show what is answered above each threshold; of the model's own alone, classes say it all."""
    if {each["threshold"] for each in evaluation.at_thresholds} <= {evaluation.threshold}:
        return
    rows: list[Row] = [
        (
            Cell(number(each["threshold"])),
            *(value_text(_whole(each.get(name))) for name in _COUNTS),
            *(
                _rate(each.get(name), each.get(f"{name}_low"), each.get(f"{name}_high"))
                for name in _RATES
            ),
        )
        for each in evaluation.at_thresholds
    ]
    columns = ("From", *(name_of(name) for name in (*_COUNTS, *_RATES)))
    yield Table(
        "If the second class is answered from this probability on", columns, rows, tuple(range(9))
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _rate(value: float | None, low: float | None, high: float | None) -> str:
    if value is None or low is None or high is None:
        return NOTHING if value is None else number(value)
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
