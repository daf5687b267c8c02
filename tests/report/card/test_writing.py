"""The model card: what it says, what people must say, and that data cannot say anything else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.report.made_facts import made_facts
from tfx_pipeline.evaluation.evaluation_facts import SliceFigures
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.report.card.annex_iv import ANNEX_IV
from tfx_pipeline.report.card.markdown import escaped, to_markdown
from tfx_pipeline.report.card.writing import model_card, write_card

MITCHELL = [
    "Model details",
    "Intended use",
    "Factors",
    "Metrics",
    "Evaluation data",
    "Training data",
    "Quantitative analyses",
    "Ethical considerations",
    "Caveats and recommendations",
]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_card_has_mitchells_sections_in_their_order(task: str) -> None:
    text = to_markdown(model_card(made_facts(task)))
    assert re.findall("^## (.+)$", text, re.MULTILINE)[:-1] == MITCHELL
    assert "complian" not in text.lower()


def test_card_quotes_what_people_say_and_names_the_setting_where_they_do_not() -> None:
    facts = made_facts()
    said = {"report": {"card": {"owner": "Taxi team", "intended_use": ""}}}
    text = to_markdown(model_card(replace(facts, config={**facts.config, **said})))
    assert "- **developed by**: Taxi team" in text
    assert "- **intended use**: *not said: set `report.card.intended_use`*" in text


def test_card_has_each_metric_with_its_interval() -> None:
    facts = made_facts()
    assert facts.evaluation is not None
    (section,) = (x for x in model_card(facts).sections if x.title == "Quantitative analyses")
    rows = {row[0]: row for row in section.tables[0].rows}
    assert set(rows) == set(facts.evaluation.metrics)
    auc = facts.evaluation.metrics["auc"]
    assert rows["auc"][1:3] == (f"{auc.value:.4f}", f"{auc.low:.4f} to {auc.high:.4f}")


def test_card_of_odd_names_stays_the_table_that_it_is() -> None:
    facts = made_facts()
    assert facts.evaluation is not None
    odd = "a|b\n| <script>zebra</script> `x` 🚕"
    slice_ = SliceFigures(
        ("c",), (odd,), 40, {"log_loss": Interval(0.1, 0.05, 0.2, "bootstrap-t", 40)}
    )
    facts = replace(facts, evaluation=replace(facts.evaluation, slices=(slice_,)))
    (line,) = (x for x in to_markdown(model_card(facts)).splitlines() if "zebra" in x)
    assert len(re.findall(r"(?<!\\)\|", line)) == 5
    assert "<script" not in line.replace(r"\<script", "")


def test_escaped_text_is_one_line_without_markup() -> None:
    assert escaped("a\n*b* [c](d) <e>") == r"a \*b\* \[c\](d) \<e\>"


def test_annex_iv_names_sections_that_the_card_has() -> None:
    assert {name for point in ANNEX_IV for name in point.sections} <= set(MITCHELL)
    assert [point.number[0] for point in ANNEX_IV] == sorted(point.number[0] for point in ANNEX_IV)


def test_write_card_writes_the_same_as_json(tmp_path: Path) -> None:
    facts = made_facts()
    assert write_card(facts, tmp_path) == tmp_path / "model_card.md"
    card = json.loads((tmp_path / "model_card.json").read_text())
    assert (card["model"], card["run_id"]) == (model_card(facts).model, facts.run.run_id)
    assert [each["title"] for each in card["sections"]] == MITCHELL


def test_write_card_of_a_run_without_a_model_writes_nothing(tmp_path: Path) -> None:
    facts = made_facts()
    steps = tuple(step for step in facts.steps if step.id != "Trainer")
    assert write_card(replace(facts, steps=steps), tmp_path) is None
    assert not list(tmp_path.iterdir())
