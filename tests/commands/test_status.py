"""`status` from the command line, against a fake server of Kubeflow Pipelines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.commands.test_compile_and_submit import CONFIG
from tests.runners.cluster.kubeflow.fake_server import RUN_ID, FakeKfp, run_state, task
from tests.runners.cluster.kubeflow.test_tasks import spec
from tfx_pipeline.cli import main
from tfx_pipeline.errors import Problem
from tfx_pipeline.runners.cluster.kubeflow import pods
from tfx_pipeline.runners.steps.step_outcome import Attempt, StepOutcome, outcome_place
from tfx_pipeline.storage.fileio import write_bytes

pytestmark = pytest.mark.slow  # they import kfp
BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeKfp]:
    monkeypatch.setattr(pods, "_connect", lambda: (None, "there is no kubeconfig"))
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_TOKEN", "KF_PIPELINES_UI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with FakeKfp() as fake:
        made = spec(("gen", ["CsvExampleGen"], []), ("push", ["Pusher"], ["gen"]))
        fake.made = {"display_name": "first", "pipeline_spec": made}
        yield fake


def status(
    capfd: pytest.CaptureFixture[str], server: FakeKfp, root: Path, run: str
) -> tuple[int, str]:
    words = [
        *(CONFIG, "--env=kubeflow", f"--set=environment.kubeflow.host={server.url}"),
        *("--set=environment.volumes=[]", f"--set=environment.pipeline_root={root}"),
        f"--set=push.base_directory={root}/serving",
    ]
    found = main(["status", *words, run])
    return found, capfd.readouterr().out


def test_status_shows_steps_reason_and_command(
    capfd: pytest.CaptureFixture[str],
    server: FakeKfp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tfx_pipeline.runners.cluster.kubeflow import progress

    monkeypatch.setattr(progress, "root_above", lambda _: "")  # not the bucket of the fixture
    problem = Problem("auc is too low", received="0.51")
    attempt = Attempt("p", BEGAN, BEGAN + timedelta(seconds=2), 3)
    outcome = StepOutcome(
        *("Pusher", RUN_ID, "refused", (attempt,), "nothing was pushed", (problem,)),
        command="tfx-pipeline node --node-id Pusher",
    )
    place = outcome_place(str(tmp_path), RUN_ID, "Pusher")
    write_bytes(place, outcome.to_json().encode())
    server.run_states = [
        run_state("FAILED", task("gen", "SUCCEEDED", 12), task("push", "FAILED", 3))
    ]
    found, out = status(capfd, server, tmp_path, RUN_ID)
    assert found == 3, out
    assert "  ✓ CsvExampleGen                    12.0 s\n" in out
    assert "  ✗ Pusher                            3.0 s  refused: nothing was pushed\n" in out
    assert "auc is too low\n" in out and "tfx-pipeline node --node-id Pusher\n" in out
    assert "  status     refused\n" in out and "  name       first\n" in out


def test_status_of_a_run_at_work_ends_with_0(
    capfd: pytest.CaptureFixture[str], server: FakeKfp, tmp_path: Path
) -> None:
    server.runs = [{"run_id": RUN_ID, "display_name": "first", "state": "RUNNING"}]
    server.run_states = [run_state("RUNNING", task("gen", "SUCCEEDED", 12))]
    found, out = status(capfd, server, tmp_path, "first")
    assert (found, "  status     has not ended\n" in out) == (0, True), out
    assert "    Pusher                                   not started\n" in out


def test_status_of_an_ambiguous_name_lists_the_ids(
    capfd: pytest.CaptureFixture[str], server: FakeKfp, tmp_path: Path
) -> None:
    began = "2026-01-01T00:00:00Z"
    server.runs = [
        {"run_id": each, "display_name": "first", "state": "FAILED", "created_at": began}
        for each in ("r-1", "r-2")
    ]
    found, out = status(capfd, server, tmp_path, "first")
    assert (found, "2 runs have this name" in out) == (2, True), out
    assert "r-1 (2026-01-01 00:00:00, FAILED), r-2 (2026-01-01 00:00:00, FAILED)" in out


@pytest.mark.parametrize("wanted", ["second", "00000000-0000-4000-8000-000000000009"])
def test_status_of_no_run_names_the_latest(
    capfd: pytest.CaptureFixture[str], server: FakeKfp, tmp_path: Path, wanted: str
) -> None:
    server.runs = [{"run_id": "r-1", "display_name": "first", "state": "FAILED"}]
    found, out = status(capfd, server, tmp_path, wanted)
    assert (found, "no run has this id or name" in out) == (2, True), out
    assert "the latest: r-1 (first)" in out


def test_status_of_this_machine_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    found = main(["status", CONFIG, "first"])
    out = capfd.readouterr().out
    assert found == 2 and "there is no run to look at" in out
    assert "this environment runs on this machine" in out
