"""What the service, the steps' own files and the pods say is put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tfx_pipeline.errors import Problem
from tfx_pipeline.runners.cluster.progress_lines import step_line
from tfx_pipeline.runners.cluster.run_report import Task, run_message
from tfx_pipeline.runners.cluster.step_reports import step_reports
from tfx_pipeline.runners.steps.step_outcome import Attempt, StepOutcome

T0 = datetime(2026, 1, 1, tzinfo=timezone.utc)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def made(state: Any, *attempts: Attempt, node_id: str = "Trainer", **more: Any) -> StepOutcome:
    return StepOutcome(node_id, "r", state, attempts or (Attempt("p", T0, at(9), 1),), **more)


def one(task: Task, *outcomes: StepOutcome, stopped: bool = False) -> Any:
    (step,) = step_reports([task], {x.node_id: x for x in outcomes}, at(60), stopped=stopped)
    return step


@pytest.mark.parametrize(("state", "outcome", "expected"), [
    ("SUCCEEDED", None, "done"),
    ("SKIPPED", None, "skipped"),
    ("", None, "not started"),
    ("PENDING", None, "waiting"),
    ("RUNNING", None, "running"),
    ("FAILED", None, "failed"),
    ("CANCELED", None, "stopped"),
    ("RUNNING", "done", "done"),
    ("FAILED", "refused", "refused"),
    ("FAILED", "failed", "failed"),
    ("FAILED", "stopped", "stopped"),
    ("FAILED", "running", "failed"),
    ("RUNNING", "running", "running"),
])  # fmt: skip
def test_step_reports_of_one_step_give_its_status(state: str, outcome: Any, expected: str) -> None:
    known = [made(outcome)] if outcome else []
    assert one(Task("Trainer", ("Trainer",), state, T0), *known).status == expected


def test_step_reports_of_a_step_that_was_not_run_again_show_it_as_cached() -> None:
    reason = "reused: nothing it uses changed"
    said = made("done", reason=reason, is_cached=True, facts="version 1")
    step = one(Task("Pusher", ("Pusher",), "SUCCEEDED", T0, at(3)), replace(said, node_id="Pusher"))
    assert step_line(step).split() == f"= Pusher 3.0 s {reason} version 1".split()


def test_step_reports_of_a_stopped_run_call_what_says_nothing_stopped() -> None:
    task = Task("Trainer", ("Trainer",), "FAILED", T0, at(5))
    assert one(task, stopped=True).status == "stopped"
    assert one(task, made("running", Attempt("p", T0)), stopped=True).status == "stopped"
    assert one(task, made("failed"), stopped=True).status == "failed"


def test_step_reports_of_a_service_that_passes_statuses_on_see_a_refusal() -> None:
    task = Task("Pusher", ("Pusher",), "FAILED", message="exited with a non-zero status of 3.")
    assert one(task).status == "refused"


def test_step_reports_of_an_earlier_round_are_left_out() -> None:
    old = made("failed", max_attempts=1, title="then")
    again = one(Task("Trainer", ("Trainer",), "RUNNING", at(30)), old)
    assert (again.status, again.title, again.attempts) == ("running", "", 0)


def test_step_reports_between_attempts_say_what_failed_and_what_comes() -> None:
    task = Task("Trainer", ("Trainer",), "RUNNING", T0)
    failed = made("failed", max_attempts=3, title="no space is left")
    assert one(task, failed).again == "attempt 2 of 3: no space is left"
    second = made("running", Attempt("p", T0, at(9), 1), Attempt("p", at(40)), max_attempts=3)
    assert one(task, second).again == "attempt 2 of 3: it ended with 1"
    vanished = made("running", Attempt("p-1", T0), Attempt("p-2", at(40)), max_attempts=3)
    assert one(task, vanished).again == "attempt 2 of 3: its pod p-1 vanished"
    assert one(task, made("running", Attempt("p", T0), max_attempts=3)).again == ""
    said = (Problem("OOMKilled: it used up its memory, limit 1Gi"),)
    killed = Task("Trainer", ("Trainer",), "RUNNING", T0, problems=said)
    assert one(killed, vanished).again == f"attempt 2 of 3: {said[0].what}"


def test_step_reports_of_used_up_attempts_have_failed_before_the_service_says_so() -> None:
    task = Task("Trainer", ("Trainer",), "RUNNING", T0)
    assert one(task, made("failed", max_attempts=1)).status == "failed"


def test_step_reports_of_a_shared_container_give_each_step_its_own() -> None:
    task = Task("A+B+C", ("A", "B", "C"), "FAILED", T0, at(30))
    outcomes = {
        "A": made("done", Attempt("p", T0, at(4), 0), node_id="A", facts="3 rows"),
        "B": made("refused", Attempt("p", at(5), at(7), 3), node_id="B", title="no"),
    }
    steps = step_reports([task], outcomes, at(60))
    assert [(x.node_id, x.status, x.seconds) for x in steps] == [
        ("A", "done", 4.0),
        ("B", "refused", 2.0),
        ("C", "not started", None),
    ]
    working = step_reports([Task("A+B+C", ("A", "B", "C"), "RUNNING", T0)], {}, at(60))
    assert [x.status for x in working] == ["running"] * 3


def test_step_reports_of_a_killed_attempt_name_peak_and_limit() -> None:
    killed = Attempt("p-1", T0, at(9), -9, 2 * 2**30 - 1, 2 * 2**30)
    step = one(Task("Trainer", ("Trainer",), "FAILED", T0, at(9)), made("running", killed))
    (problem,) = step.problems
    assert problem.received == "peak 2,048 MiB of 2,048 MiB"
    assert "environment.steps.Trainer.memory_limit" in str(problem.next_step)


def test_step_reports_of_a_vanished_pod_say_so_unless_the_pod_says_more() -> None:
    known = made("running", Attempt("p-1", T0))
    task = Task("Trainer", ("Trainer",), "FAILED", T0, at(9))
    assert "vanished" in one(task, known).title
    said = Problem("OOMKilled: it used up its memory, limit 1Gi", "pod p-1")
    more = Task("Trainer", ("Trainer",), "FAILED", T0, at(9), problems=(said,))
    assert one(more, known).problems == (said,)


def test_step_reports_of_a_shared_container_of_which_nothing_is_known_blame_one_step() -> None:
    task = Task("A+B+C", ("A", "B", "C"), "FAILED", T0, at(5))
    steps = step_reports([task], {}, at(60))
    assert [x.status for x in steps] == ["failed", "not started", "not started"]
    assert run_message(steps) == "A: it, or a step after it in its container, ended badly"
    steps = step_reports([task], {}, at(60), stopped=True)
    assert [x.status for x in steps] == ["stopped", "not started", "not started"]
