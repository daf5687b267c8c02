"""`tfx-pipeline report`: writes the page of a run again, or prints its facts."""

from __future__ import annotations

import json

import jsonschema

from tests.commands.conftest import CommandLine, ServedProject
from tests.commands.test_runs import STEPS, add_run
from tests.report.page.reading import parsed
from tfx_pipeline.report.facts.values import json_schema

RUNS = "tfx_pipeline_output/taxi/runs"


def test_report_writes_page_and_facts_of_the_latest_run(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    add_run(project, "old", 1e9, model=str(project.base / "17"), metrics={"auc": 0.9})
    add_run(project, "new", 2e9, status="refused", steps=STEPS, metrics={"auc": 0.5})
    status, out, _ = tfx_pipeline("report")
    folder = project.folder / RUNS / "new"
    assert status == 0
    assert out.splitlines()[0] == ("taxi: run new: Refused, nothing was pushed: a gate refused.")
    page = parsed((folder / "report.html").read_text(encoding="utf-8"))
    assert "Refused" in page.all("h1")[0].text
    facts = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(facts, json_schema())
    assert facts["changes"]["run_id"] == "old"


def test_report_of_a_named_run_as_json_writes_nothing(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    add_run(project, "old", 1e9, metrics={"auc": 0.9})
    add_run(project, "new", 2e9)
    status, out, _ = tfx_pipeline("report", "old", "--json")
    facts = json.loads(out)
    assert (status, facts["run"]["run_id"], facts["metrics"]) == (0, "old", {"auc": 0.9})
    jsonschema.validate(facts, json_schema())
    assert not list((project.folder / RUNS).glob("*/report.*"))


def test_report_goes_where_it_is_asked_to(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    add_run(project, "one", 1e9)
    status, _, _ = tfx_pipeline("report", "-o", str(project.folder / "there/it is"))
    assert status == 0
    assert (project.folder / "there/it is/report.html").is_file()
    (project.folder / "file").touch()
    status, _, err = tfx_pipeline("report", "-o", str(project.folder / "file"))
    assert status == 2
    assert "--output" in err


def test_report_of_no_run_says_what_to_do(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    status, _, err = tfx_pipeline("report")
    assert status == 2
    assert "no run on this machine has left a summary" in err
    add_run(project, "one", 1e9)
    status, _, err = tfx_pipeline("report", "onne")
    assert status == 2
    assert "no run has this id" in err
    assert "one" in err
