"""A program for a pod: asks the model server without pause, and says what came of it.

    python caller.py HOST PORT MODEL FILE_OF_A_REQUEST CALLERS

Each caller keeps its connection, and does what deploy/serving/README.md asks of callers: a call
whose connection is reset, or that meets 503, is made once more, on a new one. Every second one line
of JSON says how many calls were answered, how many made again, and how many failed; the latter with
their words.
"""

from __future__ import annotations

import collections
import http.client
import json
import sys
import threading
import time
from pathlib import Path

counts: collections.Counter[str] = collections.Counter()
failures: list[str] = []


class Caller:
    """One that asks one question after the other."""

    def __init__(self, host: str, port: int, path: str, body: bytes) -> None:
        self._address, self._path, self._body = (host, port), path, body
        self._connection: http.client.HTTPConnection | None = None

    def wait(self, within_s: float = 60) -> None:
        """Wait for a first answer: network policies learn of a new pod a moment after its start."""
        end = time.monotonic() + within_s
        while self._asked() and time.monotonic() < end:
            time.sleep(0.2)

    def run(self) -> None:
        """Ask until the process ends."""
        while True:
            said = self._asked()
            if said:
                counts["again"] += 1
                time.sleep(0.2)
                said = self._asked()
            counts["failed" if said else "answered"] += 1
            if said:
                failures.append(said)
            time.sleep(0.02)

    def _asked(self) -> str:
        """Ask once; return what went wrong, or nothing."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(*self._address, timeout=20)
        try:
            self._connection.request("POST", self._path, self._body)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection = None
            return f"{type(error).__name__}: {error}"
        if answer.status != 200 or not json.loads(text).get("predictions"):
            self._connection = None
            return f"{answer.status}: {text[:200]!r}"
        return ""


def main(host: str, port: str, model: str, file: str, callers: str) -> None:
    """Start the callers, and report."""
    body = Path(file).read_bytes()
    for _ in range(int(callers)):
        caller = Caller(host, int(port), f"/v1/models/{model}:predict", body)
        caller.wait()
        threading.Thread(target=caller.run, daemon=True).start()
    while True:
        time.sleep(1)
        report = {name: counts[name] for name in ("answered", "again", "failed")}
        sys.stdout.write(json.dumps({**report, "failures": failures[-5:]}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
