"""A named lock that is held for as long as a step works, and freed soon after its machine is lost.

The lock is held by a `lock_keeper` in a process of its own.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import asdict
from typing import Any

from tfx_pipeline.config.metadata_url import address
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import ExitStatus, Problem
from tfx_pipeline.runners.metadata import server_wait
from tfx_pipeline.runners.metadata.lock_keeper import KeeperRequest
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError
from tfx_pipeline.runners.metadata.password import password_of

BEAT_S, LEASE_S = 5.0, 40
"""Seconds between two beats, and after which a silent holder has lost the lock (`lock_keeper`)."""
_LOG = logging.getLogger(__name__)
_PROGRAM = (  # the folder in which a step starts is the user's: nothing is imported from it
    "import json, sys; first, line = sys.stdin.readline(), sys.stdin.readline();"
    "sys.path[:] = json.loads(first);"
    "from tfx_pipeline.runners.metadata.lock_keeper import main; main(line)"
)


class LongLock:
    """Holds a named lock for this process.

    When another process has got it, after the server was away or could not hear of us for the
    lease, this process ends at once, with status 1: two must not work on the same.
    """

    def __init__(self, metadata: MetadataConfig, name: str) -> None:
        self._metadata, self._name = metadata, name
        self._released = threading.Event()
        self._keeper: _KeeperProcess | None = None
        self._watcher = threading.Thread(target=self._watch, name="node lock", daemon=True)

    def take(self, wait_s: float) -> bool:
        """Take the lock; tell whether it was free within some seconds.

        A server that is away is waited for.

        Raises:
            ConfigError: there is no password.
            MetadataError: the server cannot be reached, or does not let us in.
        """
        password_of(self._metadata)
        self._keeper = self._started(wait_s, server_wait.AWAY_S)
        if self._keeper is None:
            return False
        self._watcher.start()
        return True

    def release(self) -> None:
        """Let go."""
        self._released.set()
        if self._keeper is not None:
            self._keeper.end()
            self._watcher.join(1)
            self._keeper.close()

    def _started(self, wait_s: float, away_s: float) -> _KeeperProcess | None:
        """Give a keeper that has the lock; none when others had it all the time."""
        request = KeeperRequest(
            metadata=self._metadata.model_dump(mode="json"),
            name=self._name,
            wait_s=wait_s,
            away_s=away_s,
            beat_s=BEAT_S,
            lease_s=LEASE_S,
        )
        keeper = _KeeperProcess(request)
        try:
            answer = keeper.answer()
        except BaseException:
            keeper.close()
            raise
        if answer.get("said") == "held":
            return keeper
        keeper.close()
        if answer.get("said") == "busy":
            return None
        raise self._failure(answer)

    def _failure(self, answer: dict[str, Any]) -> MetadataError:
        if "problem" in answer:
            return MetadataError(Problem(**answer["problem"]), may_pass=answer["may_pass"])
        what = "the process that holds the step's lock there ended"
        next_step = "look at what it said above, and at the memory of this machine"
        problem = Problem(what, address(self._metadata), next_step=next_step)
        return MetadataError(problem, may_pass=True)

    def _watch(self) -> None:
        """See to it that the lock is held; end this process when another one has it."""
        while self._keeper is not None:
            answer = self._keeper.answer()
            if self._released.is_set():
                return
            self._keeper.close()
            if answer.get("said") == "lost" or not self._kept_again():
                _LOG.error("another process took over %s: this one ends", self._name)
                os._exit(ExitStatus.STEP_FAILED)

    def _kept_again(self) -> bool:
        """Hold the lock again after the keeper was killed; tell whether nobody else has it."""
        _LOG.warning("what holds the lock of %s has ended: it is started again", self._name)
        while not self._released.is_set():
            try:
                keeper = self._started(1.0, 0.0)
            except MetadataError:  # the server is away: as long as it is, nobody else has the lock
                self._released.wait(BEAT_S)
                continue
            if keeper is None:
                return False
            self._keeper = keeper
            if self._released.is_set():
                keeper.close()
            return True
        return True


class _KeeperProcess:
    """The process of a `lock_keeper`; it ends with this one."""

    def __init__(self, request: KeeperRequest) -> None:
        # In a session of its own, what is sent to our group of processes does not reach it.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self._stdin.write(f"{json.dumps(sys.path)}\n{json.dumps(asdict(request))}\n")
        self._stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for its next word; empty when it has ended."""
        line = self._stdout.readline()
        return json.loads(line) if line else {}

    def end(self) -> None:
        """End it: the server sees its connection end, and frees the lock."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it, and let go of it."""
        self.end()
        self._stdin.close()
        self._stdout.close()
