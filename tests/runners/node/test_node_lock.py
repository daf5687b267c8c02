"""One process at a time for a node of a run, with real stores."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.runners.metadata.database_servers import PASSWORD_PART, DatabaseServer
from tfx_pipeline.config.metadata_url import parse_url
from tfx_pipeline.errors import StepError
from tfx_pipeline.runners.metadata import long_lock
from tfx_pipeline.runners.metadata.database_server import ServerConnection
from tfx_pipeline.runners.node import node_lock
from tfx_pipeline.runners.node.node_lock import hold_node

pytestmark = [pytest.mark.slow, pytest.mark.once]


def test_hold_node_on_a_database_keeps_another_process_off(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keeps_off(server.url, monkeypatch)


def test_hold_node_on_sqlite_keeps_another_process_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _keeps_off(f"sqlite://{tmp_path}/metadata.db", monkeypatch)


def _keeps_off(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        "import time; from tfx_pipeline.config.metadata_url import parse_url\n"
        "from tfx_pipeline.runners.node.node_lock import hold_node\n"
        f"with hold_node(parse_url({url!r}), 'trips', 'one', 'Trainer'):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    metadata = parse_url(url)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        for other in (("trips", "one", "Evaluator"), ("trips", "two", "Trainer")):
            with hold_node(metadata, *other):
                pass
        monkeypatch.setattr(node_lock, "WAIT_S", 0.2)
        with pytest.raises(StepError) as caught, hold_node(metadata, "trips", "one", "Trainer"):
            pass
        assert "another process runs Trainer of run one" in str(caught.value)
        assert PASSWORD_PART not in str(caught.value)
        process.kill()
    monkeypatch.setattr(node_lock, "WAIT_S", 5)
    with hold_node(metadata, "trips", "one", "Trainer"):
        pass


def test_hold_node_holds_it_again_after_the_server_was_started_anew(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_lock, "BEAT_S", 0.1)
    metadata = parse_url(server.url)
    name = "trips/one/Pusher"

    def is_free() -> bool:
        connection = ServerConnection(metadata)
        try:
            return connection.lock(name, 0)
        finally:
            connection.close()

    with hold_node(metadata, "trips", "one", "Pusher"):
        server.kill()
        server.start()
        until = time.monotonic() + 20
        while is_free():
            assert time.monotonic() < until
            time.sleep(0.3)
    until = time.monotonic() + 20
    while not is_free():
        assert time.monotonic() < until


def test_hold_node_on_a_server_of_ml_metadata_holds_nothing() -> None:
    with hold_node(parse_url("grpc://nix.invalid"), "trips", "one", "Trainer"):
        assert os.getpid()
