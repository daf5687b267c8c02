"""A schedule on the real back end."""

from __future__ import annotations

from tests.cluster.kubeflow import api
from tests.cluster.kubeflow.installation import Installation
from tests.cluster.node.processes import wait_for


def test_recurring_run_runs_twice(installation: Installation) -> None:
    known = set(api.run_ids())
    each_minute = "--set=environment.job.schedule=0 * * * * *"  # one after the other: be quick
    status, text = installation.submit(each_minute, "--set=environment.fuse=all")
    assert status == 0, text
    schedules = api.asked("GET", "/apis/v2beta1/recurringruns")["recurringRuns"]
    try:
        wait_for("two runs", lambda: len(set(api.run_ids()) - known) >= 2, within_s=400, every_s=3)
    finally:
        for one in schedules:  # who deletes a schedule deletes its runs, those at work as well
            api.asked("POST", f"/apis/v2beta1/recurringruns/{one['recurring_run_id']}:disable")
    new = set(api.run_ids()) - known
    ended = [api.ended(run_id, within_s=900) for run_id in new]
    assert [run["state"] for run in ended] == ["SUCCEEDED"] * len(new)
    folder = installation.artifacts / "taxi" / "runs"
    assert all((folder / run_id / "Pusher.json").is_file() for run_id in new)
