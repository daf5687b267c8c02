"""The page of a run, read by a parser: complete, escaped, small, with nothing from outside."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.report.made_facts import SCRIPT, made_data, made_evaluation, made_facts
from tests.report.page.reading import Element, parsed
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts, SliceFigures
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.risk.findings import CheckResult
from tfx_pipeline.export.verdict import ExportedFormat, ExportVerdict
from tfx_pipeline.report.facts.run_facts import Decision, Missing, RunAccount, RunFacts
from tfx_pipeline.report.page.drawn import Drawn
from tfx_pipeline.report.page.rendering import render_page
from tfx_pipeline.report.page.sections.classes import thresholds_table
from tfx_pipeline.report.page.sections.headline import headline, told_first
from tfx_pipeline.report.page.sections.risk_plots import check_plots

SECTIONS = [
    *("verdict", "changes", "metrics", "slices", "risks", "curves", "data", "training"),
    *("explanations", "serving", "steps", "lineage", "environment", "reproduce"),
]
TASKS = ("binary", "multiclass", "regression")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {task: render_page(made_facts(task)) for task in TASKS}


def ids(element: Element) -> list[str]:
    own = [element.attributes["id"]] if "id" in element.attributes else []
    return own + [each for child in element.children for each in ids(child)]


@pytest.mark.parametrize("task", TASKS)
def test_page_has_all_sections_in_their_order_and_links_that_lead_somewhere(
    pages: dict[str, str], task: str
) -> None:
    root = parsed(pages[task])
    assert [each.attributes["id"] for each in root.all("section")] == SECTIONS
    assert all(each.text.strip() for each in root.all("section"))
    known = ids(root)
    assert len(known) == len(set(known))
    links = [each.attributes["href"] for each in root.all("a")]
    assert all(link.startswith("#") and link[1:] in known for link in links)


@pytest.mark.parametrize("task", TASKS)
def test_page_asks_for_nothing_and_runs_nothing(pages: dict[str, str], task: str) -> None:
    page = pages[task]
    root = parsed(page)
    assert not re.search(r"""<script|\sstyle=|\son\w+=|@import|\ssrc=|http-equiv="refresh""", page)
    # Of all addresses only that of SVG's names, which nobody fetches.
    assert set(re.findall(r"https?://[^\"'<\s]+", page)) <= {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"url\((?!#)", page)
    (style,) = root.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    policy = next(x for x in root.all("meta") if "http-equiv" in x.attributes).attributes["content"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"


@pytest.mark.parametrize(
    ("task", "count"), [("binary", 14), ("multiclass", 14), ("regression", 12)]
)
def test_each_plot_has_a_title_a_description_and_a_table(
    pages: dict[str, str], task: str, count: int
) -> None:
    figures = parsed(pages[task]).all("figure")
    assert len(figures) == count
    for figure in figures:
        (svg,), (title,), (description,) = (
            figure.all("svg"),
            figure.all("title"),
            figure.all("desc"),
        )
        named = svg.attributes["aria-labelledby"].split()
        assert [title.attributes["id"], description.attributes["id"]] == named
        assert svg.attributes["role"] == "img"
        assert title.text == figure.all("figcaption")[0].text
        assert len(description.text) > 30
        (table,) = figure.all("table")
        assert len(table.all("tr")) > 1
        assert all(each.attributes["scope"] in ("col", "row") for each in table.all("th"))


def test_text_from_data_is_text(pages: dict[str, str]) -> None:
    page = pages["binary"]
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    root = parsed(page)
    slices = next(x for x in root.all("section") if x.attributes["id"] == "slices")
    assert f"company = {SCRIPT}" in slices.text
    assert "$x_1$" in slices.all("svg")[0].text
    assert "🚕 cab" in slices.text


STRANGE = (
    *("\x00null", "\x1b[31mred", "</svg></figure>", "]]>", "<!--", "&amp;", "\ud800half"),
    *("{{ 7 * 7 }}", "\u202eright to left", "a" * 5000, "`tick`", "", " ", "two\nlines", "🦆"),
    "'\"><img src=x onerror=a()>",
)


def test_any_name_can_be_that_of_a_column_and_of_a_slice() -> None:
    facts = made_facts()
    assert facts.evaluation is not None
    figures = {"log_loss": Interval(0.5, 0.4, 0.6, "wilson", 100)}
    slices = tuple(SliceFigures((name,), (name,), 100, figures) for name in STRANGE)
    problems = tuple(Problem(name, name, name, name, name) for name in STRANGE)
    run = replace(facts.run, status="refused", problems=problems, notes=STRANGE)
    page = render_page(
        replace(
            facts,
            run=run,
            evaluation=replace(facts.evaluation, slices=slices, classes=STRANGE),
            data=replace(facts.data, powers=dict.fromkeys(STRANGE, 0.5)),
            decision=Decision("".join(STRANGE)),
        )
    )
    page.encode("utf-8")
    root = parsed(page)
    assert [each.attributes["id"] for each in root.all("section")] == SECTIONS
    assert not root.all("img")
    assert not root.all("script")
    assert "\x00" not in page
    assert ">49<" not in page
    assert "<code>tick</code>" in page


def test_page_is_the_same_for_the_same_facts(pages: dict[str, str]) -> None:
    assert render_page(made_facts("multiclass")) == pages["multiclass"]


def test_page_is_small_whatever_the_number_of_rows_features_and_slices(
    pages: dict[str, str],
) -> None:
    assert max(map(len, pages.values())) < 300_000
    facts = made_facts()
    assert facts.evaluation is not None
    figures = facts.evaluation.slices[0]
    many = tuple(replace(figures, values=(f"value {place}",)) for place in range(10_000))
    wide = replace(
        facts,
        data=made_data(300),
        evaluation=replace(facts.evaluation, slices=many, slices_left_out=5),
        config={"features": {f"column_{place}": {"kind": "numeric"} for place in range(300)}},
    )
    page = render_page(wide)
    assert len(page.encode()) < 1_000_000
    assert "9,800 smaller slices are not listed" in page


def test_run_that_left_nothing_has_a_page_that_says_why() -> None:
    run = RunAccount("made", "one", "interrupted")
    page = render_page(RunFacts(run, Decision("Nothing was pushed: the run was interrupted.")))
    root = parsed(page)
    assert [each.attributes["id"] for each in root.all("section")] == SECTIONS
    text = " ".join(root.text.split())
    assert "The evaluation is not there: Evaluator did not run (no step ended)." in text
    assert "No step left an artifact." in text


def test_deleted_artifact_is_named_and_the_rest_shown() -> None:
    gone = Missing("Evaluator.evaluation", "out/Evaluator/evaluation/9", "it was deleted since")
    root = parsed(render_page(made_facts(evaluation=None, missing=(gone,))))
    verdict, metrics = (
        next(x for x in root.all("section") if x.attributes["id"] == id)
        for id in ("verdict", "metrics")
    )
    assert "Evaluator.evaluation (out/Evaluator/evaluation/9): it was deleted since" in verdict.text
    assert "The evaluation cannot be shown: it was deleted since" in metrics.text
    assert "log_loss" in metrics.text  # which the summary knows
    assert len(root.all("figure")) > 5


def test_verdict_is_told_by_a_word_and_a_sign_for_each_status() -> None:
    signs = {"pushed": "✓", "refused": "✗", "failed": "✗", "interrupted": "▲", "partial": ""}
    for status, sign in signs.items():
        run: Any = RunAccount("made", "one", status)  # type: ignore[arg-type]
        head = parsed(render_page(RunFacts(run, Decision("So.")))).all("h1")[0]
        assert sign in head.text
        assert head.text.strip()


def test_metric_without_a_value_is_a_dash() -> None:
    nothing = Interval(float("nan"), float("nan"), float("nan"), "none", 3)
    evaluation = EvaluationFacts("binary", ("no", "yes"), 3, 0.5, "a", {"auc": nothing})
    table = parsed(render_page(made_facts(evaluation=evaluation))).all("table")
    metrics = next(x for x in table if x.all("caption")[0].text == "Metrics of all eval rows")
    assert [cell.text for cell in metrics.all("td")[:2]] == ["–", "–"]


def test_plots_of_strange_figures_are_drawn() -> None:
    facts = made_facts()
    assert facts.evaluation is not None
    huge = Interval(1e12, 1e11, 1e300, "t", 10)
    zero = Interval(0.0, 0.0, 0.0, "t", 10)
    slices = tuple(
        SliceFigures(("a",), (str(place),), 10, {"auc": each})
        for place, each in enumerate([huge, zero, replace(zero, low=np.nan, high=np.nan)])
    )
    curves = {"roc": {"candidate": {"x": [0, 1], "y": [0, 1], "threshold": [1, 0]}}}
    evaluation = replace(facts.evaluation, metrics={"auc": zero}, slices=slices, curves=curves)
    assert len(parsed(render_page(replace(facts, evaluation=evaluation))).all("figure")) > 5


def test_page_shows_what_decided_first_and_each_note_once() -> None:
    facts = made_facts()
    assert facts.evaluation is not None
    said = "a note of the gate"
    again = replace(
        facts,
        run=replace(facts.run, notes=(said,)),
        gate=replace(facts.gate, notes=(said,)),
        evaluation=replace(facts.evaluation, baseline={}, changes={}, notes=(said,)),
        decision=replace(facts.decision, figure="accuracy"),
    )
    tiles = headline(again).tiles
    assert tiles[0].name == "accuracy"
    (checks,) = (tile for tile in tiles if tile.name == "risk checks")
    assert (checks.value, checks.words.partition(",")[0], checks.mark) == ("1", "accepted", "warn")
    page = render_page(again)
    assert page.count(said) == 1
    assert "last blessed, the" not in page
    assert "Against the linear model and the trivial answer" in page


def test_squared_error_is_not_told_beside_its_root_unless_it_decided() -> None:
    found = Interval(4.0, 3.0, 5.0, "t", 10)
    evaluation = EvaluationFacts(
        "regression", (), 3, None, "a", dict.fromkeys(("mse", "rmse", "mae"), found)
    )
    assert told_first(evaluation, "mae") == ["mae", "rmse"]
    assert told_first(evaluation, "mse") == ["mse", "rmse", "mae"]


def test_thresholds_are_shown_unless_the_classes_say_the_same() -> None:
    evaluation = made_evaluation("binary", 200)
    row = {"threshold": evaluation.threshold, "true_positive": 3.0, "precision": 0.5}
    assert [*thresholds_table(replace(evaluation, at_thresholds=(row,)))] == []
    both = (row, {**row, "threshold": 0.9})
    (table,) = thresholds_table(replace(evaluation, at_thresholds=both))
    assert len(table.rows) == 2  # type: ignore[union-attr]


def test_gaps_of_one_column_are_named_by_their_measure() -> None:
    def gap(columns: str, measure: str) -> dict[str, Any]:
        return {"columns": columns, "measure": measure, "gap": 0.1, "low": 0.0, "high": 0.2}

    rows = [gap("sex", "selection rate of `Adelie`"), gap("sex", "error")]
    for more, label, description in (
        ([], ">selection rate of Adelie<", "The 2 largest differences between two groups of sex,"),
        ([gap("age", "error")], ">sex: error<", "The 3 largest differences between two groups,"),
    ):
        check = CheckResult("fairness", "passed", "", figures={"gaps": [*rows, *more]})
        (plot,) = check_plots(check, Drawn())
        assert plot.description.startswith(description)
        assert label in plot.svg


EQUAL = ExportedFormat("onnx", "model.onnx", 58_000, "equal", 12_000, 10_000, 1.3e-7, 1e-5,
                       "onnxruntime", "1.16.3", 0.1)  # fmt: skip
CLOSE = replace(
    EQUAL, format="tflite", kind="int8", verdict="close", largest_difference=0.18, limit=0.01
)
REFUSED = replace(EQUAL, format="pmml", file="", bytes=0, verdict="refused")


def formats_of(export: ExportVerdict | None, **changes: Any) -> str:
    """Render a page of a run that was asked for formats; give the text of that section."""
    config = {"export": {"formats": ["onnx"]}}
    root = parsed(render_page(made_facts(export=export, config=config, **changes)))
    (section,) = [x for x in root.all("section") if x.attributes["id"] == "formats"]
    return " ".join(section.text.split())


def test_formats_are_shown_with_what_they_weigh_and_how_they_were_proven() -> None:
    lacking = ExportedFormat("pmml", verdict="not exportable")
    text = formats_of(ExportVerdict(True, (EQUAL, CLOSE, lacking)))
    assert "1.3e-0712,0000.10 msonnxruntime 1.16.3" in text  # cells, one after another
    assert "The limit is 1e-05 (onnx), 0.01 (tflite int8); 2,000 of the rows were made" in text
    assert "tflite int8" in text
    assert "pushed beside the version" in text


def test_formats_that_were_refused_are_shown_with_the_reason() -> None:
    problem = Problem(f"they part at {SCRIPT}", "pmml", "12 rows", "1e-05")
    run = replace(made_facts().run, status="refused", version="")
    text = formats_of(ExportVerdict(False, (EQUAL, REFUSED), (problem,)), run=run)
    assert "refused" in text and f"they part at {SCRIPT}" in text
    assert "pushed beside the version" not in text


@pytest.mark.parametrize(
    ("export", "said"),
    [
        (None, "FormatExporter did not run"),
        (ExportVerdict(False, note="nothing was exported: why"), "Nothing was exported: why."),
    ],
)
def test_formats_that_are_not_there_say_why(export: ExportVerdict | None, said: str) -> None:
    assert said in formats_of(export)
