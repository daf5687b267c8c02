"""The lines of a run that is waited for: a step when it ends, what is tried again, what waits."""

from __future__ import annotations

import time

from tfx_pipeline.runners.cluster.run_report import ENDED, RunReport, StepReport
from tfx_pipeline.runners.cluster.submission import Say

WAIT_SHOWN_S = 30.0
"""Seconds for which something may wait before the reason is shown."""
_MARKS = {"done": "✓", "skipped": "=", "refused": "✗", "failed": "✗", "stopped": "■"}
_INDENT = "      "


def step_line(step: StepReport) -> str:
    """Sum up a step: mark, name, wall time, what came of it."""
    seconds = f"{step.seconds:6.1f} s" if step.seconds is not None else " " * 8
    said = f"{step.reason:<34} {step.facts}".strip()
    if step.status not in ("done", "skipped"):
        said = f"{step.status}: {step.title}" if step.title else step.status
    attempts = f"attempt {step.attempts} of {step.max_attempts}" if step.attempts > 1 else ""
    words = [seconds, attempts, said]
    mark = _MARKS.get(step.status, "…" if step.status in ("running", "waiting") else " ")
    mark = "=" if step.is_cached and step.status == "done" else mark
    return f"  {mark} {step.node_id:<30} {'  '.join(filter(None, words))}".rstrip()


def reason_lines(step: StepReport) -> list[str]:
    """Say why a step was refused, failed or waits, and what to do."""
    problems = step.problems
    if step.status in ("waiting", "running"):
        problems = (step.waits,) if step.waits is not None else ()
    lines = [f"{_INDENT}{line}" for each in problems for line in str(each).splitlines()]
    if step.command and step.status in ("refused", "failed", "stopped"):
        lines.append(f"{_INDENT}to do it again: {step.command}")
    return lines


class ProgressLines:
    """Shows what is new in each report of a run."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._shown: dict[str, str] = {}
        self._again: dict[str, int] = {}
        self._since: dict[str, float] = {}
        self._said: dict[str, str] = {}
        self._hints: set[str] = set()

    def show(self, report: RunReport) -> None:
        """Say what has happened since the last report."""
        for step in report.steps:
            if step.status in ENDED:
                self._show_end(step)
            else:
                self._shown.pop(step.node_id, None)  # it is tried again: it will end once more
                self._show_attempt(step)
                self._show_wait(step)
        for hint in report.hints:
            if hint not in self._hints:
                self._hints.add(hint)
                self._say(f"  {hint}")

    def _show_end(self, step: StepReport) -> None:
        if self._shown.get(step.node_id) == step.status:
            return
        self._shown[step.node_id] = step.status
        self._say(step_line(step))
        for line in reason_lines(step):
            self._say(line)

    def _show_attempt(self, step: StepReport) -> None:
        """Say once of each attempt but the first that it comes."""
        if step.next_attempt not in (None, self._again.get(step.node_id)):
            self._again[step.node_id] = step.next_attempt
            self._say(f"  … {step.node_id}: {step.again}")

    def _show_wait(self, step: StepReport) -> None:
        """Say why a step waits, once it does so for long, and again when the reason changes."""
        if step.waits is None or step.status not in ("waiting", "running"):
            self._since.pop(step.node_id, None)
            return
        reason = step.waits.what
        now = time.monotonic()
        seconds = now - self._since.setdefault(step.node_id, now)
        if seconds < WAIT_SHOWN_S or self._said.get(step.node_id) == reason:
            return
        self._said[step.node_id] = reason
        self._say(f"  … {step.node_id} waits for {seconds:.0f} s")
        for line in reason_lines(step):
            self._say(line)
