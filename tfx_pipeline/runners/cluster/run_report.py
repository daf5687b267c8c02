"""What is known of a run in a cluster: what the service says, and what its steps wrote themselves.

Terms:
    task: a container of the service; it does one step, or several one after the other.
    outcome: what a step wrote of itself (see `steps/step_outcome.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tfx_pipeline.errors import ExitStatus, Problem
from tfx_pipeline.runners.cluster.submission import Status, is_refusal
from tfx_pipeline.runners.steps.step_outcome import Attempt, StepOutcome

StepStatus = Literal[
    "not started", "waiting", "running", "done", "skipped", "refused", "failed", "stopped"
]
ENDED: tuple[StepStatus, ...] = ("done", "skipped", "refused", "failed", "stopped")
_BAD = ("FAILED", "CANCELED", "CANCELLED", "CANCELING", "CANCELLING")
_KILLED = (-9, 137)
"""Status of a process that SIGKILL ended: by Python's count, and by a shell's."""


@dataclass(frozen=True)
class Task:
    """What the service, and its machines, say of a task.

    Attributes:
        state: in the service's words; empty: it says nothing yet.
        message: why it failed, if the service says it.
        waits: why it does not work yet.
        problems: what its machine says of its end.
    """

    name: str
    node_ids: tuple[str, ...]
    state: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    message: str = ""
    waits: Problem | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class StepReport:
    """What is known of a step.

    Attributes:
        seconds: wall time until now, or until it ended.
        attempts: that have begun.
        title: one line about why it was refused, or failed.
        again: the attempt that comes now or next, and what became of the one before; empty: it is
            the first.
        command: that runs the step again.
    """

    node_id: str
    status: StepStatus
    seconds: float | None = None
    attempts: int = 0
    max_attempts: int = 1
    facts: str = ""
    title: str = ""
    again: str = ""
    problems: tuple[Problem, ...] = ()
    command: str = ""
    waits: Problem | None = None


@dataclass(frozen=True)
class RunReport:
    """What is known of a run.

    Attributes:
        status: `submitted` while it has not ended.
        hints: how to see what cannot be read from here.
    """

    run_id: str
    run_name: str
    url: str
    status: Status
    steps: tuple[StepReport, ...] = ()
    message: str = ""
    hints: tuple[str, ...] = ()


def exit_status(status: Status) -> ExitStatus:
    """Say what a command about a run with this status ends with."""
    if status == "refused":
        return ExitStatus.REFUSED
    return ExitStatus.STEP_FAILED if status in ("failed", "stopped") else ExitStatus.OK


def run_status(status: Status, steps: Sequence[StepReport]) -> Status:
    """Tell a run that a gate refused from one that failed: no other step failed."""
    bad = {step.status for step in steps} & {"refused", "failed"}
    return "refused" if status == "failed" and bad == {"refused"} else status


def run_message(steps: Sequence[StepReport], own: str = "") -> str:
    """Sum up why a run did not succeed: the service's own message, and each step's."""
    told = [
        f"{step.node_id}: {step.title}" if step.title else f"{step.node_id} {step.status}"
        for step in steps
        if step.status in ("refused", "failed")
    ]
    return "; ".join([*filter(None, [own]), *told])


def step_reports(
    tasks: Sequence[Task],
    outcomes: Mapping[str, StepOutcome],
    now: datetime,
    *,
    stopped: bool = False,
) -> tuple[StepReport, ...]:
    """Put together what is known of each step of a run, which may have been stopped."""
    found: list[StepReport] = []
    for task in tasks:
        known = {each: outcomes[each] for each in task.node_ids if each in outcomes}
        known = {each: x for each, x in known.items() if not _is_of_before(x, task)}
        for node_id in task.node_ids:
            found.append(_step(task, node_id, known, now, stopped))
    return tuple(found)


def _is_of_before(outcome: StepOutcome, task: Task) -> bool:
    """Tell an outcome that an earlier round of the run left, which is tried again as a whole."""
    last = outcome.attempts[-1].ended if outcome.attempts else None
    is_over = task.state not in _BAD and outcome.state in ("failed", "refused", "stopped")
    return bool(is_over and last and task.started and last < task.started)


def _step(
    task: Task, node_id: str, known: Mapping[str, StepOutcome], now: datetime, stopped: bool
) -> StepReport:
    outcome = known.get(node_id)
    status = _status(task, outcome, known, stopped)
    if status in ENDED and task.state in _BAD and not known and node_id != task.node_ids[0]:
        status = "not started"  # which one it was is not known: the first stands for all
    step = StepReport(node_id, status)
    if status not in ("not started", "waiting"):
        step = replace(step, seconds=_seconds(task, outcome, now))
    if outcome is not None:
        step = replace(
            step,
            attempts=len(outcome.attempts),
            max_attempts=outcome.max_attempts,
            facts=outcome.facts,
            title=outcome.title,
            problems=outcome.problems,
            command=outcome.command,
        )
    if status in ("waiting", "running"):
        return replace(step, waits=task.waits, again=_again(task, outcome) if outcome else "")
    if status in ("refused", "failed", "stopped"):
        return _with_reason(step, task, outcome)
    return step


def _status(
    task: Task, outcome: StepOutcome | None, known: Mapping[str, StepOutcome], stopped: bool
) -> StepStatus:
    if task.state in ("SUCCEEDED", "SKIPPED"):
        return "done" if task.state == "SUCCEEDED" else "skipped"
    if outcome is not None and outcome.state in ("done", "refused"):
        return "done" if outcome.state == "done" else "refused"
    if task.state in _BAD:
        return _bad_status(task, outcome, known, stopped)
    if outcome is not None and outcome.state == "failed":
        return "running" if len(outcome.attempts) < outcome.max_attempts else "failed"
    if outcome is not None and outcome.state == "running":
        return "running"
    if task.waits is not None and not known:
        return "waiting"
    if task.state == "RUNNING":
        return "not started" if known else "running"
    return "waiting" if task.state == "PENDING" else "not started"


def _bad_status(
    task: Task, outcome: StepOutcome | None, known: Mapping[str, StepOutcome], stopped: bool
) -> StepStatus:
    """Sort a step whose task ended badly."""
    if outcome is not None and outcome.state in ("failed", "stopped"):
        return "failed" if outcome.state == "failed" else "stopped"
    if stopped or task.state != "FAILED":
        return "stopped"
    if outcome is None and any(each.state != "done" for each in known.values()):
        return "not started"  # a step before it, in the same container, ended badly
    return "refused" if outcome is None and is_refusal(task.message) else "failed"


def _seconds(task: Task, outcome: StepOutcome | None, now: datetime) -> float | None:
    """Give the time of a step: of its container, or, where it shares that one, its own."""
    began, ended = task.started, task.ended
    attempts = outcome.attempts if outcome is not None else ()
    if attempts and (began is None or len(task.node_ids) > 1):
        began, ended = attempts[0].began, attempts[-1].ended
    if began is None or (len(task.node_ids) > 1 and not attempts):
        return None
    return max(0.0, ((ended or now) - began).total_seconds())


def _again(task: Task, outcome: StepOutcome) -> str:
    """Say that a step is tried again, and why."""
    works = outcome.state == "running" and outcome.attempts and not outcome.attempts[-1].ended
    before = outcome.attempts[:-1] if works else outcome.attempts
    if not before:
        return ""
    why = outcome.title
    if not why:
        last = before[-1]
        why = f"it ended with {last.exit_status}" if last.ended else f"its pod {last.pod} vanished"
        if not last.ended and task.problems:
            why = task.problems[0].what
    return f"attempt {len(before) + 1} of {outcome.max_attempts}: {why}"


def _with_reason(step: StepReport, task: Task, outcome: StepOutcome | None) -> StepReport:
    """Say why a step ended badly when it could not say it itself."""
    problems = step.problems
    if not problems:
        last = outcome.attempts[-1] if outcome is not None and outcome.attempts else None
        problems = task.problems or _lost(step, last)
    title = step.title or (task.message if outcome is None else "")
    if not title and problems:
        title = problems[0].what
    if not title and outcome is None and len(task.node_ids) > 1:
        title = "it, or a step after it in its container, ended badly"
    return replace(step, problems=problems, title=title)


def _lost(step: StepReport, last: Attempt | None) -> tuple[Problem, ...]:
    """Say of an attempt that wrote no reason how far it came."""
    if last is None or step.status == "stopped":
        return ()
    if last.exit_status in _KILLED and last.memory_limit_bytes:
        peak = _gib(last.peak_memory_bytes) if last.peak_memory_bytes else "unknown"
        received = f"peak {peak} of {_gib(last.memory_limit_bytes)}"
        what = "it was killed, most likely since its memory was used up"
        return (Problem(what, f"pod {last.pod}", received, next_step=more_memory(step.node_id)),)
    if last.ended is None:
        what = "its machine or pod vanished while it worked"
        received = f"attempt {step.attempts} of {step.max_attempts} began at {last.began:%H:%M:%S}"
        return (Problem(what, f"pod {last.pod}", received, next_step="run it again"),)
    return ()


def more_memory(node_id: str) -> str:
    """Say which field gives a step more memory."""
    return f"raise environment.steps.{node_id}.memory_limit (none is set: memory)"


def _gib(count: int) -> str:
    return f"{count / 2**30:.2f} GiB"
