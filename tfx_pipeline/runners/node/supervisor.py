"""A light process that makes attempts at a step, each in a child, and knows how they end.

It imports nothing of TFX: a child is a copy of it that does. What an attempt says of itself it says
itself; of one that was killed, a second short-lived child does (`review`), so that the client of
an object store is not in memory here for as long as the step works.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NoReturn

from tfx_pipeline.errors import ExitStatus
from tfx_pipeline.processes.container_memory import container_memory, out_of_memory
from tfx_pipeline.processes.parent_death import end_with_parent

if TYPE_CHECKING:
    from types import FrameType

    from tfx_pipeline.runners.node.request import NodeRequest
    from tfx_pipeline.runners.node.review import Ending

FIRST_WAIT_S = 30.0
"""Before the second attempt; twice as long before each one after it."""
GRACE_S = 30.0
"""What an attempt gets to close what it holds when its time is up."""
_REVIEW_S = 120.0
_USED_UP = 10
"""What a review ends with when no attempt is left."""
_FORWARDED = (signal.SIGTERM, signal.SIGINT)
_NEVER_AGAIN = frozenset(ExitStatus) - {ExitStatus.STEP_FAILED}


@dataclass
class Supervisor:
    """Makes attempts until one ends well, or no more are allowed.

    Attributes:
        name: of the steps, for messages.
        attempt: makes one, in a process of its own; gets whether it is the first one here, and
            gives its exit status.
        request: gives what was asked, for the review of an attempt that said nothing.
        max_attempts: that a round may have.
        timeout_s: of each attempt; none: it may take any time.
    """

    name: str
    attempt: Callable[[bool], int]
    request: Callable[[], NodeRequest]
    max_attempts: int = 1
    timeout_s: float | None = None
    _child: int = 0
    _forwards: bool = False
    _stopped_by: int = 0
    _out_of_time: bool = False

    def run(self) -> int:
        """Give the exit status that this process is to end with."""
        with self._signals_handled():
            wait_s = FIRST_WAIT_S
            for number in range(1, self.max_attempts + 1):
                status, used_up = self._one_attempt(is_first=number == 1)
                if status in _NEVER_AGAIN or self._stopped_by:
                    return status
                if used_up or number == self.max_attempts:
                    break
                _say(f"{self.name} is tried again in {wait_s:g} s")
                self._sleep(wait_s)
                if self._stopped_by:
                    return 128 + self._stopped_by
                wait_s *= 2
            if self.max_attempts > 1:
                _say(f"{self.name} is not tried again: {self.max_attempts} attempts are used up")
            return status

    def _one_attempt(self, *, is_first: bool) -> tuple[int, bool]:
        """Make an attempt; give its exit status, and whether it was the last one."""
        began, before = datetime.now(timezone.utc), container_memory()
        self._out_of_time = False
        raw = self._in_child(lambda: self.attempt(is_first), self.timeout_s, forwards=True)
        out_of_time = self._out_of_time
        after = container_memory()
        killed_for_memory = out_of_memory(before, after)
        status = raw if raw >= 0 else int(ExitStatus.STEP_FAILED)
        if out_of_time and raw != ExitStatus.OK:
            status = int(ExitStatus.STEP_FAILED)
        elif self._stopped_by:
            status = raw if raw >= 0 else 128 + self._stopped_by
        said_all = raw >= 0 and not out_of_time and not killed_for_memory
        if status in _NEVER_AGAIN or (said_all and self._stopped_by):
            return status, False

        def look_back() -> int:
            from tfx_pipeline.runners.node.review import Ending

            deadline_s = self.timeout_s if out_of_time else None
            stopped = bool(self._stopped_by) and not out_of_time
            ending = Ending(raw, began, deadline_s, killed_for_memory, after, stopped)
            return self._look_back(ending)

        return status, self._in_child(look_back, _REVIEW_S) == _USED_UP

    def _look_back(self, ending: Ending) -> int:
        from tfx_pipeline.runners.node.review import review

        seen = review(self.request(), ending, self.max_attempts)
        if seen.problems:
            _say("\n".join([seen.title, *(f"  {problem}" for problem in seen.problems)]))
        return _USED_UP if seen.used_up else 0

    def _in_child(
        self, function: Callable[[], int], timeout_s: float | None, *, forwards: bool = False
    ) -> int:
        """Call a function in a copy of this process; give its exit status, or minus the signal.

        Args:
            function: gives the exit status.
            timeout_s: after which it is ended.
            forwards: signals that end this process are passed on.
        """
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        handled = (*_FORWARDED, signal.SIGALRM)
        signal.pthread_sigmask(signal.SIG_BLOCK, handled)
        self._child, self._forwards = os.fork(), forwards
        if self._child == 0:
            _become(function, parent, handled)
        with contextlib.suppress(OSError):  # the child has done it, or has ended
            os.setpgid(self._child, self._child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
        if timeout_s is not None:
            signal.setitimer(signal.ITIMER_REAL, timeout_s, GRACE_S)
        try:
            _, raw = os.waitpid(self._child, 0)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        child, self._child = self._child, 0
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)  # what it started ends with it
        return os.waitstatus_to_exitcode(raw)

    @contextlib.contextmanager
    def _signals_handled(self) -> Iterator[None]:
        before = {each: signal.signal(each, self._forward) for each in _FORWARDED}
        before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._end_of_time)
        try:
            yield
        finally:
            for each, earlier in before.items():
                signal.signal(each, earlier)

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on; the child closes what it holds, and says what it ends with."""
        self._stopped_by = number
        if self._child and self._forwards:
            with contextlib.suppress(ProcessLookupError):  # it ended this moment
                os.kill(self._child, number)

    def _end_of_time(self, _signal: int, _frame: FrameType | None) -> None:
        """Ask the child to end; kill it the second time."""
        if not self._child:
            return
        with contextlib.suppress(ProcessLookupError):
            if self._out_of_time:
                os.killpg(self._child, signal.SIGKILL)
            self._out_of_time = True
            os.kill(self._child, signal.SIGTERM)

    def _sleep(self, seconds: float) -> None:
        """Wait; a signal that ends this process ends that, too."""
        until = time.monotonic() + seconds
        while not self._stopped_by and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, 0.5))


def _become(
    function: Callable[[], int], parent: int, handled: tuple[signal.Signals, ...]
) -> NoReturn:
    """Do what a child does, in a group of its own; never come back."""
    status = int(ExitStatus.STEP_FAILED)
    try:
        os.setpgid(0, 0)
        end_with_parent(parent)
        for each in handled:
            signal.signal(each, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
        status = function()
    except KeyboardInterrupt:
        status = int(ExitStatus.INTERRUPTED)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
