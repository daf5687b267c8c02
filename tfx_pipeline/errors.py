"""Errors that this package raises on purpose, with the data that explains them.

Terms:
    problem: one thing that is wrong, said in the user's own terms.
    exit status: what the process ends with (see `ExitStatus`).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from tfx_pipeline.wording import counted

_SHOWN = 4000
"""Characters of a message's part that are shown."""


class ExitStatus(enum.IntEnum):
    """What a command ends with."""

    OK = 0  # pushed, or nothing to do; of a part of the steps: done, and refused by no gate
    STEP_FAILED = 1
    USAGE = 2  # configuration or command line
    REFUSED = 3  # a gate refused: nothing was pushed
    INTERRUPTED = 130  # Ctrl-C, as shells count it
    TERMINATED = 143  # SIGTERM, likewise


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        what: what failed, one sentence without a full stop.
        place: where: `file:line`, a column, a field of the configuration.
        received: the value found there, as text; never a secret.
        allowed: what would be accepted.
        next_step: what to do now.
    """

    what: str
    place: str | None = None
    received: str | None = None
    allowed: str | None = None
    next_step: str | None = None

    def __str__(self) -> str:
        head = f"{self.place}: {self.what}" if self.place else self.what
        details = (
            ("received", self.received),
            ("allowed", self.allowed),
            ("next", self.next_step),
        )
        lines = [f"    {label:<9}{_shortened(text)}" for label, text in details if text is not None]
        return "\n".join([_shortened(head), *lines])


def _shortened(text: str) -> str:
    """Cut what nobody reads: a cell may hold a hundred megabytes."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text):,} characters)"


class PipelineError(Exception):
    """Base of the errors below: problems in the order found, and one line that sums them up."""

    exit_status = ExitStatus.STEP_FAILED

    def __init__(self, problems: Sequence[Problem], title: str | None = None) -> None:
        self.problems = tuple(problems)
        self.title = title or counted(len(self.problems), "problem", separator="")
        super().__init__(self.title)

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {problem}" for problem in self.problems)])


class ConfigError(PipelineError):
    """The configuration or the command line cannot be used."""

    exit_status = ExitStatus.USAGE


class DataError(PipelineError):
    """The input table cannot be read, or its values are refused."""

    exit_status = ExitStatus.REFUSED


class StepError(PipelineError):
    """A step of the pipeline failed."""
