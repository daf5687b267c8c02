"""Programs inside the cluster's network namespace: started, remembered by number, ended."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster.node import places


class ClusterError(Exception):
    """The cluster, or a command given to it, did not do what was asked."""


def inside(command: list[str]) -> list[str]:
    """Return a command that runs another one inside the network namespace."""
    return ["nsenter", f"--net=/run/netns/{places.NETWORK}", *command]


def told(
    command: list[str],
    *,
    given: str | bytes | None = None,
    timeout_s: float = 300,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a command of this machine to its end, and keep what it wrote.

    Raises:
        ClusterError: it ended with another status than 0, and `check` asks for that.
    """
    text = given.decode() if isinstance(given, bytes) else given
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    if check and done.returncode:
        wrote = (done.stdout[-2000:] + done.stderr[-4000:]).strip()
        raise ClusterError(f"{' '.join(command[:12])} ended with {done.returncode}: {wrote}")
    return done


def start(name: str, *command: str, group: str = "node", **environment: str) -> None:
    """Start a program inside the namespace that outlives this process.

    Its log is `<logs>/<name>.log`; its number is kept under the group, for `stop`.
    """
    places.logs().mkdir(parents=True, exist_ok=True)
    with (places.logs() / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            inside([*command]),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ | environment,
        )
    with _numbers(group).open("a", encoding="utf-8") as kept:
        kept.write(f"{process.pid} {name} {_started(process.pid)}\n")


def is_started(group: str = "node") -> bool:
    """Tell whether a program of a group runs."""
    return any(_runs(number, started) for number, _, started in _kept(group))


def stop(group: str = "node", *, names: tuple[str, ...] = (), within_s: float = 20) -> None:
    """End the programs of a group, or those of some names, and wait until they have ended."""
    chosen = [one for one in _kept(group) if not names or one[1] in names]
    alive = [(number, started) for number, _, started in chosen if _runs(number, started)]
    for number, _ in alive:
        os.kill(number, signal.SIGTERM)
    end = time.monotonic() + within_s
    while alive and time.monotonic() < end:
        time.sleep(0.1)
        alive = [one for one in alive if _runs(*one)]
    for number, _ in alive:
        os.kill(number, signal.SIGKILL)
    if not names:
        _numbers(group).unlink(missing_ok=True)


def wait_for(
    what: str, there: Callable[[], bool], *, within_s: float, every_s: float = 0.3
) -> None:
    """Wait until something holds.

    Raises:
        ClusterError: it did not within `within_s`.
    """
    end = time.monotonic() + within_s
    while not there():
        if time.monotonic() > end:
            raise ClusterError(f"waited {within_s:g} s in vain for: {what}. Logs: {places.logs()}")
        time.sleep(every_s)


def _numbers(group: str) -> Path:
    places.running().mkdir(parents=True, exist_ok=True)
    return places.running() / f"{group}.pids"


def _kept(group: str) -> list[tuple[int, str, str]]:
    file = _numbers(group)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [(int(number), name, started) for number, name, started in map(str.split, lines)]


def _started(number: int) -> str:
    """Return when a process began, in ticks: with its number that tells it from a later one."""
    try:
        text = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    state, *rest = text.rsplit(")", 1)[1].split()
    return "" if state == "Z" else rest[18]


def _runs(number: int, started: str) -> bool:
    return bool(started) and _started(number) == started
