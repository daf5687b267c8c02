"""Follow a run in a cluster until it has ended: look, show what is new, and look again."""

from __future__ import annotations

import time
from collections.abc import Callable

from tfx_pipeline.errors import PipelineError
from tfx_pipeline.runners.cluster.progress_lines import ProgressLines
from tfx_pipeline.runners.cluster.run_report import RunReport
from tfx_pipeline.runners.cluster.submission import Say, ServiceAwayError

AWAY_LIMIT_S = 600.0
"""Seconds for which a service may be away while a run is waited for; the run itself goes on."""


def follow(look: Callable[[], RunReport], say: Say, poll_s: float, url: str) -> RunReport:
    """Look at a run every `poll_s` seconds until it has ended; give what was seen last.

    Raises:
        PipelineError: the service is away for too long, or lets us in no more; the run goes on.
    """
    lines = ProgressLines(say)
    away_since: float | None = None
    while True:
        try:
            report = look()
        except ServiceAwayError as error:
            now = time.monotonic()
            if away_since is None:
                away_since = now
                say(f"  … no answer: {_reason(error)}; the run goes on, and so does waiting")
            elif now - away_since > AWAY_LIMIT_S:
                raise _goes_on(error, url, f" for {AWAY_LIMIT_S / 60:g} min") from error
        except PipelineError as error:
            raise _goes_on(error, url) from error
        else:
            if away_since is not None:
                say(f"  … it answers again, after {time.monotonic() - away_since:.0f} s")
                away_since = None
            lines.show(report)
            if report.status != "submitted":
                return report
        time.sleep(poll_s)


def _reason(error: PipelineError) -> str:
    problem = error.problems[0]
    return f"{problem.what} ({problem.received})" if problem.received else problem.what


def _goes_on(error: PipelineError, url: str, how_long: str = "") -> PipelineError:
    title = f"the run's state is not known{how_long}: {error.title}; the run goes on: {url}"
    return type(error)(error.problems, title)
