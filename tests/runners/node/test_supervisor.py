"""A supervisor with real processes: they fail, are killed, hang, fill the memory, leave others."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live_processes import assert_ended, is_alive
from tfx_pipeline.runners.node import supervisor
from tfx_pipeline.runners.node.outcome_file import read_outcome
from tfx_pipeline.runners.node.request import NodeRequest
from tfx_pipeline.runners.steps.step_outcome import StepOutcome, outcome_place

REPOSITORY = Path(__file__).resolve().parents[3]
MEMORY = Path("/sys/fs/cgroup/memory")
LIMIT = 64 << 20


class Supervision:
    """A supervisor that runs."""

    def __init__(
        self,
        folder: Path,
        *words: str,
        attempts: int = 3,
        timeout_s: float = 0,
        group: Path | None = None,
    ) -> None:
        self.folder, self.output = folder, folder / "out"
        program = [sys.executable, "-m", "tests.runners.node.supervised"]
        if group is not None:
            program = ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh", *program]
        with self.output.open("ab") as stream:
            self.process = subprocess.Popen(
                [*program, str(folder), str(attempts), str(timeout_s), *words],
                cwd=REPOSITORY,
                stdout=stream,
                stderr=stream,
            )

    @property
    def out(self) -> str:
        return self.output.read_text(encoding="utf-8")

    @property
    def outcome(self) -> StepOutcome:
        outcome = read_outcome(outcome_place(str(self.folder), "one", "Trainer"))
        assert outcome is not None, self.out
        return outcome

    @property
    def statuses(self) -> list[int | None]:
        return [attempt.exit_status for attempt in self.outcome.attempts]

    def wait(self) -> int:
        return self.process.wait(300)

    def wait_for(self, text: str) -> re.Match[str]:
        until = time.monotonic() + 120
        while not (found := re.search(text, self.out)):
            assert time.monotonic() < until, self.out
            time.sleep(0.02)
        return found


def test_supervisor_tries_again_after_failures_and_kills_and_waits_longer(tmp_path: Path) -> None:
    run = Supervision(tmp_path, "1", "kill", "0")
    assert run.wait() == 0, run.out
    assert run.statuses == [1, -signal.SIGKILL, 0]
    assert run.outcome.state == "done" and run.outcome.facts == "facts"
    assert not run.outcome.problems
    assert re.findall(r"again in (\S+) s", run.out) == ["0.3", "0.6"]
    first, second, third = run.outcome.attempts
    assert first.ended and second.ended
    assert 0.3 <= (second.began - first.ended).total_seconds() < 30
    assert (third.began - second.ended).total_seconds() >= 0.6


@pytest.mark.parametrize("status", ["0", "2", "3", "143"])
def test_supervisor_never_tries_again_after(tmp_path: Path, status: str) -> None:
    run = Supervision(tmp_path, status)
    assert run.wait() == int(status), run.out
    assert run.statuses == [int(status)]
    assert run.out.count("attempt ") == 1 and "again" not in run.out


def test_supervisor_after_the_last_attempt_ends_with_its_status(tmp_path: Path) -> None:
    run = Supervision(tmp_path, "1", "1", attempts=2)
    assert run.wait() == 1
    assert run.statuses == [1, 1] and run.outcome.state == "failed"
    assert "Trainer is not tried again: 2 attempts are used up" in run.out


def test_supervisor_in_another_pod_goes_on_counting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KFP_POD_NAME", "pod-1")
    assert Supervision(tmp_path, "1", "1", attempts=2).wait() == 1
    monkeypatch.setenv("KFP_POD_NAME", "pod-2")
    again = Supervision(tmp_path, "x", "x", "0", attempts=2)
    assert again.wait() == 1
    assert again.statuses == [1, 1]
    assert "again in" not in again.out.rpartition("used up")[0].rpartition("used up")[2]
    monkeypatch.setenv("KFP_POD_NAME", "pod-1")  # the run is retried: a new round
    assert Supervision(tmp_path, "x", "x", "x", "1", "0", attempts=2).wait() == 0
    assert again.statuses == [1, 0]


def test_supervisor_names_the_signal_that_killed_an_attempt(tmp_path: Path) -> None:
    run = Supervision(tmp_path, "kill", attempts=1)
    assert run.wait() == 1
    assert run.statuses == [-signal.SIGKILL]
    (problem,) = run.outcome.problems
    assert problem.what == "its process was killed by SIGKILL"
    assert "Trainer failed\n  its process was killed by SIGKILL" in run.out


def test_supervisor_ends_an_attempt_at_its_deadline_and_tries_again(tmp_path: Path) -> None:
    run = Supervision(tmp_path, "hang", "hang", attempts=2, timeout_s=2)
    assert run.wait() == 1, run.out
    assert run.statuses == [143, 143] and run.outcome.state == "failed"
    assert run.outcome.title == "Trainer failed: out of time"
    (problem,) = run.outcome.problems
    assert (problem.place, problem.received) == ("environment.steps.Trainer.timeout_s", "2 s")
    assert "raise environment.steps.Trainer.timeout_s" in str(problem.next_step)
    assert "the step ran into its deadline" in run.out


def test_supervisor_kills_an_attempt_that_does_not_end_at_its_deadline(tmp_path: Path) -> None:
    run = Supervision(tmp_path, "deaf", attempts=1, timeout_s=2)
    assert run.wait() == 1, run.out
    assert run.statuses == [-signal.SIGKILL]
    assert run.outcome.title == "Trainer failed: out of time"


def test_supervisor_passes_sigterm_on_and_ends_with_143(tmp_path: Path) -> None:
    run = Supervision(tmp_path, "hang")
    child = int(run.wait_for(r"attempt (\d+)\nhangs")[1])
    run.process.terminate()
    assert run.wait() == 143, run.out
    assert run.outcome.state == "stopped"
    assert run.out.count("attempt ") == 1
    assert not is_alive(child)


def test_supervisor_stopped_while_it_waits_ends_at_once(tmp_path: Path) -> None:
    run = Supervision(tmp_path, "1")
    run.wait_for("again in 0.3 s")
    run.process.terminate()
    assert run.wait() == 143, run.out
    assert run.statuses == [1]


def test_supervisor_that_is_killed_takes_its_attempt_along(tmp_path: Path) -> None:
    run = Supervision(tmp_path, "hang")
    child = int(run.wait_for(r"attempt (\d+)\nhangs")[1])
    run.process.kill()
    run.wait()
    assert_ended([child])
    assert run.statuses == [None] and run.outcome.state == "running"


def test_supervisor_leaves_no_process_of_an_attempt_that_was_killed(tmp_path: Path) -> None:
    run = Supervision(tmp_path, "orphan", attempts=1)
    assert run.wait() == 1
    assert_ended([int(run.wait_for(r"orphan (\d+)")[1])])
    assert "killed by SIGSEGV" in run.out


@pytest.fixture
def group() -> Iterator[Path]:
    """Make a control group with little memory."""
    group = MEMORY / f"tfx-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(LIMIT))
    except OSError as error:
        pytest.skip(f"needs root and control groups of version 1: {error}")
    yield group
    until = time.monotonic() + 10
    while group.exists() and time.monotonic() < until:
        try:
            group.rmdir()
        except OSError:  # the last process is being taken apart
            time.sleep(0.1)


def test_supervisor_names_the_lack_of_memory_that_killed_an_attempt(
    tmp_path: Path, group: Path
) -> None:
    run = Supervision(tmp_path, "fill", "0", attempts=2, group=group)
    assert run.wait() == 0, run.out
    assert run.statuses == [-signal.SIGKILL, 0]
    first = run.outcome.attempts[0]
    assert first.memory_limit_bytes == LIMIT
    assert first.peak_memory_bytes and first.peak_memory_bytes > LIMIT * 0.9
    assert "Trainer failed: out of memory" in run.out
    assert "received a limit of 64 MiB, a peak of 64 MiB" in run.out
    assert "raise environment.steps.Trainer.memory_limit" in run.out


def test_supervisor_names_the_lack_of_memory_that_killed_a_child_of_an_attempt(
    tmp_path: Path, group: Path
) -> None:
    run = Supervision(tmp_path, "lose-child", attempts=1, group=group)
    assert run.wait() == 1, run.out
    assert run.statuses == [1]
    broke, killed = run.outcome.problems
    assert broke.what == "it broke"
    assert killed.what == "the system killed a process of the step for want of memory"
    assert killed.place == "environment.steps.Trainer.memory_limit"


@pytest.mark.parametrize("late", [signal.SIGALRM, signal.SIGTERM])
def test_supervisor_whose_attempt_has_just_ended_takes_a_signal(
    late: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = os.waitpid

    def ended(pid: int, options: int) -> tuple[int, int]:
        result = wait(pid, options)
        signal.raise_signal(late)  # before the supervisor knows that there is no such process
        return result

    monkeypatch.setattr(os, "waitpid", ended)

    def no_request() -> NodeRequest:
        raise AssertionError

    assert supervisor.Supervisor("Trainer", lambda _: 0, no_request, timeout_s=60).run() == 0
