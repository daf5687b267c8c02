"""What is known of an attempt that did not say itself how it ended: killed, or out of time."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from tfx_pipeline.errors import Problem
from tfx_pipeline.processes.container_memory import ContainerMemory
from tfx_pipeline.runners.node.artifacts_root import root_of
from tfx_pipeline.runners.node.outcome_file import ended_now, pod_name, read_outcome, write_outcome
from tfx_pipeline.runners.node.request import NodeRequest
from tfx_pipeline.runners.steps.step_outcome import StepOutcome, more_memory, outcome_place
from tfx_pipeline.wording import mebibytes


@dataclass(frozen=True)
class Ending:
    """How an attempt of a supervisor's ended.

    Attributes:
        exit_status: of its process; negative: the signal that killed it.
        began: when, with a zone.
        deadline_s: seconds that it might take, when it took more.
        out_of_memory: the kernel killed a process of the container for want of memory.
        memory: of the container.
        was_stopped: the supervisor was told to end.
    """

    exit_status: int
    began: datetime
    deadline_s: float | None = None
    out_of_memory: bool = False
    memory: ContainerMemory = field(default_factory=ContainerMemory)
    was_stopped: bool = False

    @property
    def was_killed(self) -> bool:
        """Whether a signal ended it, so that it said nothing itself."""
        return self.exit_status < 0


@dataclass(frozen=True)
class Review:
    """What a look at the files of an attempt's steps gives.

    Attributes:
        used_up: the round of a step has had all its attempts.
        title: one line that sums up the problems.
        problems: what the attempt did not say itself.
    """

    used_up: bool
    title: str
    problems: tuple[Problem, ...]


def review(request: NodeRequest, ending: Ending, max_attempts: int) -> Review:
    """Complete what the attempt has written of its steps."""
    root = request.pipeline_root or root_of(request.ir)
    files = list(_files(request, root)) if root else []
    used_up, at_work = False, ""
    for place, outcome in files:
        completed = _completed(outcome, ending, request, max_attempts)
        if completed is not outcome:
            at_work = outcome.node_id
            write_outcome(place, completed)
        is_done = completed.state == "done"
        used_up |= not is_done and len(completed.attempts) >= max_attempts
    name = at_work or "+".join(request.node_ids)
    return Review(used_up, _title(name, ending), _problems(name, ending, request))


def _files(request: NodeRequest, root: str) -> Iterator[tuple[str, StepOutcome]]:
    for node_id in request.node_ids:
        place = outcome_place(root, request.run_id, node_id)
        outcome = read_outcome(place)
        if outcome is not None and outcome.attempts:
            yield place, outcome


def _completed(
    outcome: StepOutcome, ending: Ending, request: NodeRequest, max_attempts: int
) -> StepOutcome:
    """Give the outcome with the end of its last attempt; the same object: it is complete."""
    *before, last = outcome.attempts
    if last.pod != pod_name():
        return outcome
    problems = _problems(outcome.node_id, ending, request)
    if last.ended is None:
        return replace(
            outcome,
            state="stopped" if ending.was_stopped else "failed",
            attempts=(*before, ended_now(last, ending.exit_status, ending.memory)),
            title=_title(outcome.node_id, ending),
            problems=problems,
            max_attempts=max_attempts,
        )
    if last.ended < ending.began or not problems:
        return outcome
    if outcome.state == "stopped" and ending.deadline_s is not None:
        return replace(
            outcome, state="failed", title=_title(outcome.node_id, ending), problems=problems
        )
    if outcome.state == "failed" and ending.out_of_memory:
        return replace(outcome, problems=(*outcome.problems, *problems))
    return outcome


def _title(name: str, ending: Ending) -> str:
    if ending.was_stopped:
        return f"{name} was stopped"
    if ending.out_of_memory:
        return f"{name} failed: out of memory"
    if ending.deadline_s is not None:
        return f"{name} failed: out of time"
    return f"{name} failed"


def _problems(name: str, ending: Ending, request: NodeRequest) -> tuple[Problem, ...]:
    """Say what the attempt did not say itself."""
    if ending.was_stopped:
        return ()
    again = f"then: {shlex.join(request.command)}"
    node_id = name.partition("+")[0]
    if ending.out_of_memory:
        return (_out_of_memory(node_id, ending.memory, again),)
    if ending.deadline_s is not None:
        field = f"environment.steps.{node_id}.timeout_s"
        return (
            Problem(
                "the step ran into its deadline",
                field,
                f"{ending.deadline_s:g} s",
                "an attempt that ends within it",
                f"raise {field}, or give the step more of the machine, {again}",
            ),
        )
    if ending.was_killed:
        return (
            Problem(
                f"its process was killed by {_signal_name(-ending.exit_status)}",
                next_step=f"look into the log of the step, {again}",
            ),
        )
    return ()


def _out_of_memory(node_id: str, memory: ContainerMemory, again: str) -> Problem:
    limit, peak = memory.limit_bytes, memory.peak_bytes
    had = f"a limit of {mebibytes(limit)}" if limit else "no limit of its own: the machine's"
    return Problem(
        "the system killed a process of the step for want of memory",
        f"environment.steps.{node_id}.memory_limit",
        f"{had}, a peak of {mebibytes(peak)}" if peak else had,
        next_step=f"{more_memory(node_id)}, {again}",
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
