"""A lock that its holder keeps however busy it is, and loses soon after its machine vanished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.runners.metadata.database_servers import PASSWORD_PART, DatabaseServer
from tests.runners.metadata.relay import Relay
from tfx_pipeline.config.metadata_url import parse_url
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.runners.metadata import long_lock, server_wait
from tfx_pipeline.runners.metadata.database_server import ServerConnection
from tfx_pipeline.runners.metadata.long_lock import LongLock
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError
from tfx_pipeline.runners.node.node_lock import WAIT_S

pytestmark = [pytest.mark.slow, pytest.mark.once]

NAME = "trips/one/Trainer"
LEASE_S = 3
HOLDER = """
import sys, time
from tfx_pipeline.config.metadata_url import parse_url
from tfx_pipeline.runners.metadata import long_lock
long_lock.BEAT_S, long_lock.LEASE_S = {beat_s}, {lease_s}
lock = long_lock.LongLock(parse_url({url!r}), {name!r})
assert lock.take(0)
print("held", flush=True)
{then}
"""


class Holder:
    """A process that holds the lock, and does something then."""

    def __init__(self, url: str, then: str = "time.sleep(60)") -> None:
        code = HOLDER.format(url=url, name=NAME, then=then, beat_s=0.3, lease_s=LEASE_S)
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "held\n"

    @property
    def keepers(self) -> set[int]:
        """The processes that keep its lock: one, and none for a moment after that was killed."""
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def close(self) -> str:
        self.process.kill()
        return self.process.communicate()[1]


@pytest.fixture
def metadata(server: DatabaseServer) -> MetadataConfig:
    return parse_url(server.url)


@pytest.fixture
def relay(server: DatabaseServer) -> Iterator[Relay]:
    relay = Relay(server.port)
    yield relay
    relay.close()


def is_free(metadata: MetadataConfig) -> bool:
    connection = ServerConnection(metadata)
    try:
        return connection.lock(NAME, 0)
    finally:
        connection.close()


def wait_until_free(metadata: MetadataConfig, limit_s: float) -> float:
    begin = time.monotonic()
    while not is_free(metadata):
        assert time.monotonic() < begin + limit_s
        time.sleep(0.1)
    return time.monotonic() - begin


def test_lock_of_a_machine_that_vanished_is_free_after_the_lease(
    server: DatabaseServer, metadata: MetadataConfig, relay: Relay
) -> None:
    holder = Holder(server.url.replace(str(server.port), str(relay.port)))
    try:
        time.sleep(1.5 * LEASE_S)
        assert not is_free(metadata)
        relay.cut()
        begin = time.monotonic()
        holder.close()
        lock = LongLock(metadata, NAME)
        assert lock.take(30)  # a retry
        assert LEASE_S - 1 < time.monotonic() - begin < LEASE_S + 10
        lock.release()
    finally:
        holder.close()


def test_a_step_waits_longer_than_a_vanished_holder_has_the_lock() -> None:
    assert WAIT_S >= long_lock.LEASE_S + long_lock.BEAT_S + 10
    assert long_lock.LEASE_S >= 6 * long_lock.BEAT_S


@pytest.mark.parametrize("busy", ["stopped", "deaf"])
def test_lock_of_a_holder_that_runs_no_other_thread_is_not_lost(
    server: DatabaseServer, metadata: MetadataConfig, busy: str
) -> None:
    # A call of C that keeps the interpreter's lock, as ML Metadata's client does.
    deaf = "import ctypes; ctypes.PyDLL(None).sleep(60)" if busy == "deaf" else "time.sleep(60)"
    holder = Holder(server.url, deaf)
    try:
        if busy == "stopped":
            holder.process.send_signal(signal.SIGSTOP)
        until = time.monotonic() + 2.5 * LEASE_S
        while time.monotonic() < until:
            assert not is_free(metadata)
            time.sleep(0.2)
    finally:
        holder.close()
    assert wait_until_free(metadata, 30) < LEASE_S  # the end of a process is seen at once


def test_lock_survives_a_server_that_answers_nothing_for_a_while(
    server: DatabaseServer, metadata: MetadataConfig
) -> None:
    holder = Holder(server.url)
    try:
        server.pause()
        time.sleep(1.2)
        server.resume()
        for _ in range(10):
            assert not is_free(metadata)
            time.sleep(0.1)
    finally:
        holder.close()


def test_lock_whose_keeper_was_killed_is_held_again(
    server: DatabaseServer, metadata: MetadataConfig
) -> None:
    holder = Holder(server.url)
    try:
        (first,) = holder.keepers
        os.kill(first, signal.SIGKILL)
        until = time.monotonic() + 30
        while holder.keepers <= {first} or is_free(metadata):
            assert time.monotonic() < until and holder.process.poll() is None
            time.sleep(0.2)
    finally:
        holder.close()


def test_holder_whose_lock_another_process_took_ends(
    server: DatabaseServer, metadata: MetadataConfig, relay: Relay
) -> None:
    holder = Holder(server.url.replace(str(server.port), str(relay.port)))
    lock = LongLock(metadata, NAME)
    try:
        relay.cut()
        assert lock.take(30)
        relay.mend()
        assert holder.process.wait(30) == 1
        assert f"another process took over {NAME}: this one ends" in holder.close()
        assert not is_free(metadata)
    finally:
        lock.release()
        holder.close()
    assert wait_until_free(metadata, 30) < LEASE_S


def test_take_waits_for_a_server_that_comes_back(
    server: DatabaseServer, metadata: MetadataConfig
) -> None:
    server.kill()
    threading.Timer(3, server.start).start()
    lock = LongLock(metadata, NAME)
    begin = time.monotonic()
    assert lock.take(1)
    assert time.monotonic() - begin > 2.5
    lock.release()


def test_take_from_a_server_that_stays_away_fails_clearly_after_the_limit(
    server: DatabaseServer, metadata: MetadataConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_wait, "AWAY_S", 2.0)
    server.kill()
    begin = time.monotonic()
    try:
        with pytest.raises(MetadataError) as caught:
            LongLock(metadata, NAME).take(1)
        assert 1.5 < time.monotonic() - begin < 6
    finally:
        server.start()
    assert "nothing answers at 127.0.0.1" in str(caught.value)
    assert "start the server" in str(caught.value)
    assert PASSWORD_PART not in str(caught.value)


def test_take_with_a_wrong_password_is_refused_at_once(
    metadata: MetadataConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFX_METADATA_PASSWORD", "hunter2")
    begin = time.monotonic()
    with pytest.raises(MetadataError) as caught:
        LongLock(metadata, NAME).take(1)
    assert time.monotonic() - begin < 5
    assert f"refuses `{metadata.user}`" in str(caught.value)
    assert "hunter2" not in str(caught.value)
