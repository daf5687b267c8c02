"""The file with what came of a step: rounds, how they are counted, and what is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from tfx_pipeline.errors import ConfigError, DataError, PipelineError, Problem, StepError
from tfx_pipeline.runners.node.outcome_file import (
    OutcomeFile,
    Supervised,
    pod_name,
    read_outcome,
    round_so_far,
)
from tfx_pipeline.runners.steps.console import StepLine
from tfx_pipeline.runners.steps.step_outcome import Attempt, StepOutcome, outcome_place

TIME = datetime(2026, 1, 1, tzinfo=timezone.utc)


def _line(facts: str) -> StepLine:
    return StepLine("Trainer", "ran", 1.0, "ran: first time", facts)


def step_file(
    folder: Path, pod: str, at_most: int | None = 3, *, goes_on: bool = False
) -> OutcomeFile:
    supervised = Supervised(at_most, goes_on) if at_most else None
    return OutcomeFile(str(folder), "run/1", "Trainer", "again", supervised, pod)


def fail(folder: Path, pod: str, at_most: int | None = 3, *, goes_on: bool = False) -> None:
    """Make an attempt that fails."""
    file = step_file(folder, pod, at_most, goes_on=goes_on)
    try:
        file.begin()
    except PipelineError as error:
        file.end_failed(error)
        raise
    file.end_failed(StepError([Problem("it broke", next_step="mend it")], "Trainer failed"))


def written(folder: Path) -> StepOutcome:
    outcome = read_outcome(outcome_place(str(folder), "run/1", "Trainer"))
    assert outcome is not None
    return outcome


def outcome(*attempts: Attempt) -> StepOutcome:
    return StepOutcome("Trainer", "one", "failed", attempts)


ENDED_1, ENDED_2 = Attempt("pod-1", TIME, TIME, 1), Attempt("pod-2", TIME, TIME, 1)
LOST_1 = Attempt("pod-1", TIME)


@pytest.mark.parametrize(
    ("earlier", "pod", "goes_on", "counted"),
    [
        (None, "pod-1", False, 0),
        (outcome(ENDED_1), "pod-2", False, 1),
        (outcome(ENDED_1), "pod-1", False, 0),
        (outcome(ENDED_1), "pod-1", True, 1),
        (outcome(LOST_1), "pod-1", False, 1),
        (outcome(ENDED_1, LOST_1), "pod-1", False, 2),
        (outcome(ENDED_1, ENDED_2), "pod-1", False, 0),
        (outcome(LOST_1, ENDED_2), "pod-1", False, 2),
        (outcome(ENDED_1, ENDED_2), "pod-3", False, 2),
    ],
)
def test_round_so_far_begins_anew_for_a_pod_that_had_ended(
    earlier: StepOutcome | None, pod: str, goes_on: bool, counted: int
) -> None:
    assert len(round_so_far(earlier, pod, goes_on=goes_on)) == counted


@pytest.mark.parametrize(("uid", "counted"), [("u-1", 2), ("u-2", 0)])
def test_round_so_far_begins_anew_for_a_lost_pod_that_was_made_anew(uid: str, counted: int) -> None:
    lost = Attempt("pod-1", TIME, pod_uid="u-1")
    earlier = outcome(lost, Attempt("pod-2", TIME, pod_uid="u-0"))
    assert len(round_so_far(earlier, "pod-1", uid, goes_on=False)) == counted
    assert len(round_so_far(earlier, "pod-1", uid, goes_on=True)) == 2


def test_begin_in_a_run_that_is_retried_after_all_pods_were_lost_makes_an_attempt(
    tmp_path: Path,
) -> None:
    for number in (1, 2, 3):
        replace(step_file(tmp_path, f"pod-{number}"), uid=f"u-{number}").begin()
    replace(step_file(tmp_path, "pod-1"), uid="u-4").begin()
    (attempt,) = written(tmp_path).attempts
    assert (attempt.pod, attempt.pod_uid, written(tmp_path).state) == ("pod-1", "u-4", "running")


def test_begin_writes_that_the_step_is_running(tmp_path: Path) -> None:
    step_file(tmp_path, "pod-1").begin()
    outcome = written(tmp_path)
    assert (tmp_path / "runs/run/1/Trainer.json").is_file()
    assert (outcome.state, outcome.command, outcome.max_attempts) == ("running", "again", 3)
    (attempt,) = outcome.attempts
    assert (attempt.pod, attempt.ended, attempt.exit_status) == ("pod-1", None, None)
    assert abs((attempt.began - datetime.now(timezone.utc)).total_seconds()) < 60


def test_begin_after_the_last_attempt_ends_with_the_same_words(tmp_path: Path) -> None:
    fail(tmp_path, "pod-1")
    fail(tmp_path, "pod-1", goes_on=True)
    fail(tmp_path, "pod-2")
    before = written(tmp_path)
    with pytest.raises(StepError) as ended:
        fail(tmp_path, "pod-3")
    assert (ended.value.title, ended.value.problems) == ("Trainer failed", before.problems)
    assert written(tmp_path) == before
    assert [x.pod for x in before.attempts] == ["pod-1", "pod-1", "pod-2"]


def test_begin_of_a_pod_that_had_ended_counts_from_one(tmp_path: Path) -> None:
    for pod in ("pod-1", "pod-2", "pod-3"):
        fail(tmp_path, pod)
    step_file(tmp_path, "pod-1").begin()
    assert [x.pod for x in written(tmp_path).attempts] == ["pod-1"]


def test_begin_after_lost_attempts_alone_says_what_is_known(tmp_path: Path) -> None:
    for pod in ("pod-1", "pod-2"):
        step_file(tmp_path, pod, 2).begin()
    with pytest.raises(StepError) as ended:
        fail(tmp_path, "pod-3", 2)
    (problem,) = ended.value.problems
    assert problem.place == "pod-2" and "attempt 2 of 2 ended without a word" in problem.what
    assert "kubectl describe pod pod-2" in str(problem.next_step)
    assert "environment.steps.Trainer.memory_limit" in str(problem.next_step)
    last = written(tmp_path)
    assert (last.state, last.problems) == ("failed", (problem,))
    assert [x.pod for x in last.attempts] == ["pod-1", "pod-2"]


def test_begin_after_a_refusal_by_another_pod_refuses_again(tmp_path: Path) -> None:
    file = step_file(tmp_path, "pod-1")
    file.begin()
    file.end_failed(DataError([Problem("`fare` is missing")], "the data breaks the schema"))
    assert written(tmp_path).state == "refused"
    with pytest.raises(DataError, match="the data breaks the schema") as refused:
        step_file(tmp_path, "pod-2").begin()
    assert refused.value.problems == (Problem("`fare` is missing"),)
    step_file(tmp_path, "pod-1").begin()  # somebody ran it again


def test_begin_without_a_supervisor_counts_nothing_out(tmp_path: Path) -> None:
    for _ in range(3):
        step_file(tmp_path, "host", None).begin()
    assert len(written(tmp_path).attempts) == 3
    assert written(tmp_path).max_attempts == 1


def test_end_done_before_keeps_the_attempts_that_did_it(tmp_path: Path) -> None:
    first = step_file(tmp_path, "pod-1")
    first.begin()
    first.end_done(_line("12 rows"), before=False)
    before = written(tmp_path)
    again = step_file(tmp_path, "pod-2")
    again.begin()
    assert written(tmp_path) == before
    again.end_done(_line("12 rows"), before=True)
    assert written(tmp_path) == before
    assert (before.state, before.facts, before.attempts[0].exit_status) == ("done", "12 rows", 0)
    assert before.attempts[0].peak_memory_bytes


def test_end_done_from_the_cache_says_so(tmp_path: Path) -> None:
    file = step_file(tmp_path, "pod-1")
    file.begin()
    reused = StepLine("Trainer", "cached", 1.0, "reused: nothing it uses changed", "3 epochs")
    file.end_done(reused, before=False)
    outcome = written(tmp_path)
    assert (outcome.state, outcome.is_cached) == ("done", True)
    assert (outcome.reason, outcome.facts) == ("reused: nothing it uses changed", "3 epochs")


def test_end_done_before_is_written_where_nothing_was(tmp_path: Path) -> None:
    file = step_file(tmp_path, "pod-1")
    file.begin()
    file.end_done(_line(""), before=True)
    assert written(tmp_path).state == "done"


def test_end_failed_of_a_step_that_had_been_done_says_so(tmp_path: Path) -> None:
    first = step_file(tmp_path, "pod-1")
    first.begin()
    first.end_done(_line(""), before=False)
    again = step_file(tmp_path, "pod-2")
    again.begin()
    again.end_failed(ConfigError([Problem("gone")], "the database is gone"))
    outcome = written(tmp_path)
    assert (outcome.state, outcome.title) == ("failed", "the database is gone")
    assert [x.exit_status for x in outcome.attempts] == [0, 2]


def test_end_failed_of_an_error_of_another_library_names_it(tmp_path: Path) -> None:
    file = step_file(tmp_path, "pod-1")
    file.begin()
    file.end_failed(KeyError("x"))
    assert [str(x) for x in written(tmp_path).problems] == ["KeyError: 'x'"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", "\xff", '{"state": "failed"}'])
def test_begin_over_a_file_that_is_none_counts_from_one(tmp_path: Path, content: str) -> None:
    place = Path(outcome_place(str(tmp_path), "run/1", "Trainer"))
    place.parent.mkdir(parents=True)
    place.write_text(content, encoding="latin-1")
    step_file(tmp_path, "pod-1").begin()
    assert len(written(tmp_path).attempts) == 1


@pytest.mark.parametrize("root", [None, "/dev/null/root", "s3+unknown://bucket"])
def test_outcome_file_that_cannot_be_written_fails_nothing(root: str | None) -> None:
    file = OutcomeFile(root, "one", "Trainer", "again", Supervised(1))
    file.begin()
    file.end_done(_line(""), before=False)
    file.end_failed(ValueError("x"))


def test_pod_name_is_kubeflows_where_it_is_known() -> None:
    assert pod_name({"KFP_POD_NAME": "a-long-name"}) == "a-long-name"
    assert pod_name({})
