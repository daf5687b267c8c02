"""What every submission to a service takes and gives, and how the ends of its steps are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tfx_pipeline.errors import ConfigError, ExitStatus, PipelineError, Problem

Status = Literal["submitted", "scheduled", "succeeded", "refused", "failed", "stopped"]
Say = Callable[[str], None]
"""Shows a line."""

ENDS: dict[str, Status] = {
    "SUCCEEDED": "succeeded",
    "SKIPPED": "succeeded",
    "FAILED": "failed",
    "CANCELED": "stopped",
    "CANCELLED": "stopped",
}
"""States in which a run has ended, in the words of the services -> what came of it."""
_GATE_REFUSED = re.compile(
    rf"(exit|non-zero) (status|code|status code)( of)?:? {ExitStatus.REFUSED:d}\b"
)


class ServiceAwayError(PipelineError):
    """The service does not answer now, and may do so a little later."""


@dataclass(frozen=True)
class SubmitOptions:
    """What the command line says of a run; unless named, it is called by pipeline and time."""

    run_name: str | None = None
    wait: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Submitted:
    """A run, or a schedule, that the service took.

    Attributes:
        run_id: by which the service knows it.
        run_name: how the service shows it.
        url: where a person can look at it.
        status: what is known of it: a run that was waited for has ended; `refused`: a gate did, and
            nothing was pushed; `stopped`: someone ended it.
        message: what the service says of a run that failed.
    """

    run_id: str
    run_name: str
    url: str
    status: Status = "submitted"
    message: str | None = None


def check_run_name(name: str | None) -> None:
    """Refuse a name that a service would.

    Raises:
        ConfigError: it is too long, empty, or not one line.
    """
    if name is None or (name.strip() == name and name.isprintable() and 0 < len(name) <= 128):
        return
    allowed = "1 to 128 printable characters, no space at the ends"
    problem = Problem("not a name for a run", "--run-name", repr(name)[:160], allowed)
    raise ConfigError([problem], "the command line cannot be used")


def run_not_ended(name: str, run_id: str, state: str, url: str) -> ConfigError:
    """Say that a run of this name goes on: two at once would not be told apart."""
    problem = Problem(
        f"a run of this name has not ended: {run_id}, {state}",
        "--run-name",
        name,
        next_step=f"look at it: tfx-pipeline status {run_id}, or {url}; wait for it, stop it, or"
        " choose another name",
    )
    return ConfigError([problem], "this run was not submitted")


def is_refusal(message: str) -> bool:
    """Tell whether a service says of a step that its gate refused: by its exit status."""
    return _GATE_REFUSED.search(message) is not None
