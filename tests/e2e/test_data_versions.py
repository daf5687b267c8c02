"""Spans in a rolling window, and what the README's commands say of the versions that follow."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import Project, run_forked
from tests.e2e.test_readme import PIPELINE_COMMANDS

COMMANDS = [
    words[1:] for words in PIPELINE_COMMANDS if words[1] == "data" and words[2] != "quarantine"
]
SPANS = "--set=data.path=data/taxi/{SPAN:2}/v{VERSION}/*.csv"
WINDOW = "--set=data.span.window=2"

pytestmark = [pytest.mark.e2e, pytest.mark.once]


def ask(project: Project, *words: str) -> str:
    return run_forked(["-m", "tfx_pipeline.cli", *words], project.folder).stdout


def deliver(project: Project, lines: list[str], span: int, version: int = 1) -> None:
    folder = project.folder / f"data/taxi/{span:02}/v{version}"
    folder.mkdir(parents=True)
    header, *rows = lines
    share = rows[span * 300 : (span + 2) * 300]
    (folder / "trips.csv").write_text("".join([header, *share, f"{rows[version]}"]), "utf-8")


def newest_examples(project: Project) -> Any:
    """Give the newest Examples artifact."""
    from tests.runners.metadata.executions import sqlite_store

    store = sqlite_store(project.folder / "tfx_metadata/taxi/metadata.db")
    return max(store.get_artifacts_by_type("Examples"), key=lambda artifact: artifact.id)


def test_rolling_window_makes_versions_that_the_commands_know(tmp_path: Path) -> None:
    project = Project(tmp_path / "taxi", 2000)
    lines = project.table.read_text(encoding="utf-8").splitlines(keepends=True)
    project.table.unlink()
    for span in (1, 2):
        deliver(project, lines, span)
    run = (SPANS, WINDOW, "--to=StatisticsGen")
    assert "1,202 rows" in project.run(*run)
    deliver(project, lines, 3)
    deliver(project, lines, 3, version=2)
    out = project.run(*run)
    assert "spans 2 to 3: read 2, 3" in out and "ran: data changed" in out
    assert [words[1] for words in COMMANDS] == ["log", "show", "diff"]
    log, shown, diff = (ask(project, *words) for words in COMMANDS)
    assert "2, 3" in log and "1, 2" in log and "+0" not in log
    assert re.search(r"read 1,202 = .*train \d+", shown)
    assert re.search(r"verified +eval \d+ \+ train \d+ rows are in the files", shown)
    assert "03/v2/trips.csv" in shown
    assert "files      added: 03/v2/trips.csv" in diff
    document = json.loads(ask(project, *COMMANDS[2], "--json"))["diff"]
    same = document["rows"]
    assert same["both"] + same["only_before"] == same["both"] + same["only_after"] == 1202
    assert same["both"] >= 601
    artifact = newest_examples(project)
    assert artifact.custom_properties["span"].int_value == 3
    assert artifact.custom_properties["version"].int_value == 2
    counts = json.loads(artifact.custom_properties["row_counts"].string_value)
    assert counts["read"] == sum(counts["splits"].values()) + counts["dropped"] == 1202
    backfill = project.run(SPANS, "--set=data.span=1", "--to=CsvExampleGen")
    assert "601 rows" in backfill
    (tmp_path / "taxi/data/taxi/04/v1").mkdir(parents=True)
    refused = project.run(*run, status=3)
    assert "span 4 is empty" in refused and "data.span: 3" in refused
