"""A process that holds a named lock for another one, and is heard by the server all the while.

A server takes a lock from a holder of whom it has heard nothing for some time: nothing else tells
it that a machine was lost. A step cannot be heard so: ML Metadata's client, a library as it is
loaded, and a stopped process run no other thread for up to a minute. This process does nothing
else, and ends with the one that it keeps the lock for.

Terms:
    lease: the seconds of silence after which the server frees the lock.
    beat: the seconds between two words to the server.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.runners.metadata.database_server import ServerConnection
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError
from tfx_pipeline.runners.metadata.server_wait import when_it_answers

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeeperRequest:
    """What is asked of a keeper.

    Attributes:
        metadata: where the database is, as JSON has it.
        name: of the lock.
        wait_s: seconds to wait for the lock while others hold it.
        away_s: seconds to wait for a server that is away.
        beat_s: the beat; well below the lease.
        lease_s: the lease; of whole seconds.
    """

    metadata: Mapping[str, Any]
    name: str
    wait_s: float
    away_s: float
    beat_s: float
    lease_s: int


def keep(request: KeeperRequest) -> None:
    """Hold the lock until standard input ends; say on standard output what came of it.

    Each line is a mapping in JSON. `said` is `held`, `busy`, `failed` with the `problem`, or, long
    after `held`, `lost`: another process has the lock.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the holder decides when it ends
    threading.Thread(target=_keep_or_end, args=(request,), daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)


def _keep_or_end(request: KeeperRequest) -> None:
    try:
        _Keeper(request).run()
    except BaseException:
        _LOG.exception("the lock %s is not kept any more", request.name)
    os._exit(1)


class _Keeper:
    """Holds one lock by a connection of its own."""

    def __init__(self, request: KeeperRequest) -> None:
        self._request = request
        self._metadata = MetadataConfig.model_validate(request.metadata)
        # A server that is slow is no reason to let go: the connection bears most of the lease.
        self._answer_s = max(0.75 * request.lease_s, 2 * request.beat_s)

    def run(self) -> None:
        """Take the lock, and hold it; come back when that is over."""
        request = self._request
        try:
            connection = when_it_answers(lambda: self._taken(request.wait_s), request.away_s)
        except MetadataError as error:
            _say("failed", problem=asdict(error.problems[0]), may_pass=error.may_pass)
            return
        if connection is None:
            _say("busy")
            return
        _say("held")
        while connection is not None:
            connection = self._next_beat(connection)
        _say("lost")

    def _taken(self, wait_s: float) -> ServerConnection | None:
        """Take the lock; none when others held it all the time."""
        connection = ServerConnection(self._metadata, self._answer_s)
        try:
            connection.forget_when_silent(self._request.lease_s)
            first_s = min(wait_s, 1.0)
            if connection.lock(self._request.name, first_s):
                return connection
            if wait_s > first_s:
                _LOG.warning("another process holds %s: waiting", self._request.name)
            if wait_s > first_s and connection.lock(self._request.name, wait_s - first_s):
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None

    def _next_beat(self, connection: ServerConnection) -> ServerConnection | None:
        """Be heard; take the lock again after a server was started anew; none: others have it."""
        time.sleep(self._request.beat_s)
        try:
            connection.beat()
        except Exception:
            connection.close()
            with contextlib.suppress(MetadataError):  # still away: the next beat tries it again
                return self._taken(1.0)
        return connection


def _say(said: str, **more: Any) -> None:
    sys.stdout.write(json.dumps({"said": said, **more}) + "\n")
    sys.stdout.flush()


def main(line: str) -> None:
    """Keep the lock that a line of JSON asks for."""
    keep(KeeperRequest(**json.loads(line)))
