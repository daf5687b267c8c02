"""What is known of a run in a cluster; `step_reports` puts it together.

Terms:
    task: a container of the service; it does one step, or several one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tfx_pipeline.errors import ExitStatus, Problem
from tfx_pipeline.runners.cluster.submission import Status

StepStatus = Literal[
    "not started", "waiting", "running", "done", "skipped", "refused", "failed", "stopped"
]
ENDED: tuple[StepStatus, ...] = ("done", "skipped", "refused", "failed", "stopped")


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
        reason: why it ran, or was not run again.
        is_cached: it was not run again.
        title: one line about why it was refused, or failed.
        next_attempt: number of the attempt that works or comes; none: it is the first, or the
            step has ended.
        why_again: what became of the attempt before that.
        command: that runs the step again.
    """

    node_id: str
    status: StepStatus
    seconds: float | None = None
    attempts: int = 0
    max_attempts: int = 1
    facts: str = ""
    reason: str = ""
    is_cached: bool = False
    title: str = ""
    next_attempt: int | None = None
    why_again: str = ""
    problems: tuple[Problem, ...] = ()
    command: str = ""
    waits: Problem | None = None

    @property
    def again(self) -> str:
        """Say that it is tried again, and why; empty: it is not."""
        if self.next_attempt is None:
            return ""
        return f"attempt {self.next_attempt} of {self.max_attempts}: {self.why_again}"


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
