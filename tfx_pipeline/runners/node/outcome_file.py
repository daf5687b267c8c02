"""What came of each step, written beside the artifacts while and after it works.

Terms:
    round: the attempts that are counted together. A pod of another name goes on with the round, as
        does one that starts again and never came to its end. A pod that starts again after its
        attempt had ended, or that was made anew by its name, begins a new round: somebody had the
        run retried.
    used up: as many attempts as the round may have were made.

What fails here is a warning in the log: no step fails because its file cannot be written.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tfx_pipeline.errors import DataError, PipelineError, Problem, StepError
from tfx_pipeline.processes.container_memory import (
    ContainerMemory,
    container_memory,
    peak_of_processes,
)
from tfx_pipeline.runners.steps.step_outcome import (
    Attempt,
    StepOutcome,
    StepState,
    more_memory,
    outcome_place,
)
from tfx_pipeline.storage.fileio import NoSuchPlaceError, PlaceError, read_bytes, write_bytes

if TYPE_CHECKING:
    from tfx_pipeline.runners.steps.console import StepLine

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Supervised:
    """What a supervisor tells an attempt.

    Attributes:
        max_attempts: how many a round may have.
        goes_on: this process's supervisor has made an attempt before.
    """

    max_attempts: int
    goes_on: bool = False


def pod_name(environment: Mapping[str, str] = os.environ) -> str:
    """Name this machine or pod.

    Kubeflow says it in full (argocompiler's `commonEnvs`); a host's name ends after 63 letters.
    """
    return environment.get("KFP_POD_NAME") or socket.gethostname()


def pod_uid(environment: Mapping[str, str] = os.environ) -> str:
    """Tell this pod from another one of its name, where Kubeflow says how; else empty."""
    return environment.get("KFP_POD_UID", "")


def round_so_far(
    earlier: StepOutcome | None, pod: str, uid: str = "", *, goes_on: bool
) -> tuple[Attempt, ...]:
    """Give the attempts that a new one of a pod is counted with.

    Argo names the pods of each attempt otherwise, and those of a run that is retried as before.
    """
    if earlier is None:
        return ()
    mine = [attempt for attempt in earlier.attempts if attempt.pod == pod]
    if mine and not goes_on and (mine[-1].ended or mine[-1].pod_uid != uid):
        return ()
    return earlier.attempts


def read_outcome(place: str) -> StepOutcome | None:
    """Read what came of a step so far; none: nothing, or nothing that can be read."""
    try:
        return StepOutcome.from_json(str(read_bytes(place), "utf-8"))
    except NoSuchPlaceError:
        return None
    except (PlaceError, ValueError) as error:
        _LOG.warning("what came of the step so far cannot be read: %s: %s", place, error)
        return None


def write_outcome(place: str, outcome: StepOutcome) -> None:
    """Write it, whole or not at all."""
    try:
        write_bytes(place, outcome.to_json().encode())
    except PlaceError as error:
        _LOG.warning("what came of the step is not written: %s", error)


@dataclass
class OutcomeFile:
    """The file of one step, while an attempt of this process is at it.

    Attributes:
        pipeline_root: none: it is not known, and nothing is written.
        command: that runs the step again.
        supervised: none: there is no supervisor, and nothing is counted out.
    """

    pipeline_root: str | None
    run_id: str
    node_id: str
    command: str
    supervised: Supervised | None = None
    pod: str = field(default_factory=pod_name)
    uid: str = field(default_factory=pod_uid)
    _outcome: StepOutcome | None = field(default=None, init=False)
    _used_up: StepOutcome | None = field(default=None, init=False)

    def begin(self) -> None:
        """Say that an attempt is made; of a step that was done, nothing is said yet.

        Raises:
            StepError: the attempts are used up; with the words of the last one.
            DataError: a gate refused it, likewise.
        """
        earlier = read_outcome(self._place) if self.pipeline_root else None
        goes_on = self.supervised is not None and self.supervised.goes_on
        before = round_so_far(earlier, self.pod, self.uid, goes_on=goes_on)
        is_done = earlier is not None and earlier.state == "done"
        if earlier and before and self.supervised and not is_done:
            self._used_up = earlier
            _refuse_another(earlier, before, self.supervised.max_attempts)
            self._used_up = None
        self._outcome = StepOutcome(
            self.node_id,
            self.run_id,
            "running",
            (*before, Attempt(self.pod, _now(), pod_uid=self.uid)),
            command=self.command,
            max_attempts=self.supervised.max_attempts if self.supervised else 1,
        )
        if not is_done:
            self._write(self._outcome)

    def end_done(self, line: StepLine, *, before: bool) -> None:
        """Say that the step is done; one that was done `before` keeps the attempts that did it."""
        earlier = read_outcome(self._place) if before and self.pipeline_root else None
        if earlier is None or earlier.state != "done":
            self._end("done", 0, line=line)

    def end_refused(
        self, title: str, problems: tuple[Problem, ...], line: StepLine | None = None
    ) -> None:
        """Say that a gate refused, and why."""
        self._end("refused", int(DataError.exit_status), title, problems, line)

    def end_stopped(self, exit_status: int) -> None:
        """Say that it was ended from outside."""
        self._end("stopped", exit_status, f"{self.node_id} was stopped")

    def end_failed(self, error: BaseException) -> None:
        """Say that it failed, or was refused, and why."""
        if not isinstance(error, PipelineError):
            problem = Problem(f"{type(error).__name__}: {error}".strip())
            error = StepError([problem], f"{self.node_id} failed")
        if error.exit_status == DataError.exit_status:
            self.end_refused(error.title, error.problems)
        else:
            self._end("failed", int(error.exit_status), error.title, error.problems)

    def _end(
        self,
        state: StepState,
        exit_status: int,
        title: str = "",
        problems: tuple[Problem, ...] = (),
        line: StepLine | None = None,
    ) -> None:
        last = self._outcome or self._used_up
        if last is None or (last is self._used_up and last.state != "running"):
            return  # what is written stays
        attempts = last.attempts
        if last is self._outcome:
            attempts = (*attempts[:-1], ended_now(attempts[-1], exit_status))
        outcome = replace(last, state=state, attempts=attempts, title=title, problems=problems)
        if line is not None:
            is_cached = line.state == "cached"
            outcome = replace(outcome, facts=line.facts, reason=line.reason, is_cached=is_cached)
        self._write(outcome)

    def _write(self, outcome: StepOutcome) -> None:
        if self.pipeline_root:
            write_outcome(self._place, outcome)

    @property
    def _place(self) -> str:
        assert self.pipeline_root
        return outcome_place(self.pipeline_root, self.run_id, self.node_id)


def _refuse_another(earlier: StepOutcome, attempts: tuple[Attempt, ...], max_attempts: int) -> None:
    """End at once what would only be said again."""
    if earlier.state == "refused":
        raise DataError(earlier.problems, earlier.title)
    if len(attempts) >= max_attempts:
        title = earlier.title or f"{earlier.node_id} failed"
        raise StepError(earlier.problems or [_without_a_word(earlier, attempts)], title)


def _without_a_word(earlier: StepOutcome, attempts: tuple[Attempt, ...]) -> Problem:
    """Say what is known of an attempt that did not say why it ended."""
    pod, node_id = attempts[-1].pod, earlier.node_id
    which = f"attempt {len(attempts)} of {earlier.max_attempts}"
    look = f"look at it: kubectl describe pod {pod}"
    if attempts[-1].ended:
        return Problem(f"{which} was stopped from outside", pod, next_step=look)
    return Problem(
        f"{which} ended without a word: its machine was lost, or its whole container was killed,"
        " as it is when memory runs out",
        pod,
        next_step=f"{look}; if that says OOMKilled, {more_memory(node_id)}",
    )


def ended_now(attempt: Attempt, exit_status: int, memory: ContainerMemory | None = None) -> Attempt:
    """Give an attempt that ends now, with what is known of its memory."""
    memory = memory or container_memory()
    # Without a limit, a group may be the whole machine's.
    peak = memory.peak_bytes if memory.limit_bytes else peak_of_processes()
    return replace(
        attempt,
        ended=_now(),
        exit_status=exit_status,
        peak_memory_bytes=peak,
        memory_limit_bytes=memory.limit_bytes,
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)
