"""Waiting for a server of ML Metadata that is away: it is moved, started anew, or not ready yet."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from tfx_pipeline.runners.metadata.metadata_errors import MetadataError

AWAY_S = 60.0
"""For which a server that is away is waited for; one that refuses for good is not."""

_LOG = logging.getLogger(__name__)
_T = TypeVar("_T")


def when_it_answers(connect: Callable[[], _T], away_s: float | None = None) -> _T:
    """Connect, as often as it takes within `AWAY_S`, or within `away_s`.

    Raises:
        MetadataError: the last one, once that time is over; at once one that will not pass.
    """
    until = time.monotonic() + (AWAY_S if away_s is None else away_s)
    attempt = 0
    while True:
        try:
            return connect()
        except MetadataError as error:
            left = until - time.monotonic()
            if not error.may_pass or left <= 0:
                raise
            if attempt == 0:
                _LOG.warning("waiting up to %.0f s: %s", left, error.problems[0].what)
        attempt += 1
        time.sleep(min(pause_s(attempt), max(left, 0.05)))


def pause_s(attempt: int) -> float:
    """Give a pause that is longer each time, and not as long as others that wait for the same."""
    return random.uniform(0.3, 1.0) * min(0.05 * 2 ** min(attempt, 10), 3.0)
