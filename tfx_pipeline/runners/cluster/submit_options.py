"""What every submission to a service takes, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["submitted", "scheduled", "succeeded", "refused", "failed", "cancelled"]


@dataclass(frozen=True)
class SubmitOptions:
    """What the command line says of a run.

    Attributes:
        run_name: how the service shows the run; none: from the pipeline's name and the time.
        wait: whether to wait for the run's end, with its progress shown.
        parameters: values of the run's parameters, by name.
    """

    run_name: str | None = None
    wait: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Submitted:
    """A run, or a schedule, that the service took.

    Attributes:
        run_id: by which the service knows it.
        run_name: how the service shows it.
        url: where a person can look at it.
        status: what is known of it: a run that was waited for has ended; `refused`: a gate did, and
            nothing was pushed.
        message: what the service says of a run that failed.
    """

    run_id: str
    run_name: str
    url: str
    status: Status = "submitted"
    message: str | None = None
