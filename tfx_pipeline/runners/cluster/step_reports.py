"""Put together what is known of each step of a run: what the service says, and what it wrote.

Terms:
    outcome: what a step wrote of itself (see `steps/step_outcome.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from tfx_pipeline.errors import Problem
from tfx_pipeline.runners.cluster.run_report import ENDED, StepReport, StepStatus, Task
from tfx_pipeline.runners.cluster.submission import is_refusal
from tfx_pipeline.runners.steps.step_outcome import Attempt, StepOutcome, more_memory
from tfx_pipeline.wording import mebibytes

_BAD = ("FAILED", "CANCELED", "CANCELLED", "CANCELING", "CANCELLING")
_KILLED = (-9, 137)
"""Status of a process that SIGKILL ended: by Python's count, and by a shell's."""


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
            reason=outcome.reason,
            is_cached=outcome.is_cached,
            title=outcome.title,
            problems=outcome.problems,
            command=outcome.command,
        )
    if status in ("waiting", "running"):
        return replace(_tried_again(step, task, outcome), waits=task.waits)
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


def _tried_again(step: StepReport, task: Task, outcome: StepOutcome | None) -> StepReport:
    """Say which attempt a step is at, and why there was one before, if there was."""
    if outcome is None:
        return step
    works = outcome.state == "running" and outcome.attempts and not outcome.attempts[-1].ended
    before = outcome.attempts[:-1] if works else outcome.attempts
    if not before:
        return step
    why = outcome.title
    if not why:
        last = before[-1]
        why = f"it ended with {last.exit_status}" if last.ended else f"its pod {last.pod} vanished"
        if not last.ended and task.problems:
            why = task.problems[0].what
    return replace(step, next_attempt=len(before) + 1, why_again=why)


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
        peak = mebibytes(last.peak_memory_bytes) if last.peak_memory_bytes else "unknown"
        received = f"peak {peak} of {mebibytes(last.memory_limit_bytes)}"
        what = "it was killed, most likely since its memory was used up"
        return (Problem(what, f"pod {last.pod}", received, next_step=more_memory(step.node_id)),)
    if last.ended is None:
        what = "its machine or pod vanished while it worked"
        received = f"attempt {step.attempts} of {step.max_attempts} began at {last.began:%H:%M:%S}"
        return (Problem(what, f"pod {last.pod}", received, next_step="run it again"),)
    return ()
