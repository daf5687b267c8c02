"""Locks beside an SQLite store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.metadata.file_lock import (
    node_file_lock,
    run_lock,
    session_lock,
    shared_lock,
)
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError

_HOLDER = """
import sys, time
from pathlib import Path
from tfx_pipeline.runners.metadata.file_lock import node_file_lock, run_lock, session_lock
file = Path(sys.argv[1])
session_lock(file).acquire(5)
with run_lock(file, "first"), node_file_lock(file, "trips/one/Trainer"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has a run, a session and a node."""
    command = [sys.executable, "-c", _HOLDER, str(tmp_path / "metadata.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_session_lock_of_another_process_is_waited_for(
    tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    lock = session_lock(tmp_path / "metadata.db")
    with pytest.raises(MetadataError, match="metadata store") as caught:
        lock.acquire(0.2)
    assert "kept it busy" in str(caught.value) and caught.value.may_pass
    threading.Timer(0.3, os.kill, (holder.pid, signal.SIGKILL)).start()
    lock.acquire(10)
    lock.release()


def test_session_lock_may_be_taken_again_by_its_thread_and_by_no_other(tmp_path: Path) -> None:
    lock = session_lock(tmp_path / "metadata.db")
    assert session_lock(tmp_path / "metadata.db") is lock
    lock.acquire(1)
    lock.acquire(1)
    lock.release()
    failed: list[Exception] = []

    def other() -> None:
        try:
            lock.acquire(0.1)
        except MetadataError as error:
            failed.append(error)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    lock.release()
    assert len(failed) == 1
    lock.acquire(0)
    lock.release()


def test_node_file_lock_holds_one_name_of_many(
    tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    file = tmp_path / "metadata.db"
    with node_file_lock(file, "trips/one/Trainer") as is_free:
        assert not is_free
    with node_file_lock(file, "trips/two/Trainer") as is_free:
        assert is_free
    holder.kill()
    holder.wait()
    with node_file_lock(file, "trips/one/Trainer") as is_free:
        assert is_free
    assert (tmp_path / "metadata.db.nodes").stat().st_size == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_session_lock_in_folder_without_rights_says_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(MetadataError, match="metadata store"):
        session_lock(tmp_path / "metadata.db").acquire(1)


def test_session_lock_below_a_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MetadataError) as caught:
        session_lock(tmp_path / "file" / "metadata.db").acquire(1)
    assert "cannot be written" in str(caught.value) and not caught.value.may_pass


def test_shared_lock_lets_nodes_in_beside_each_other_and_no_run(tmp_path: Path) -> None:
    file = tmp_path / "metadata.db"
    with (
        shared_lock(file, "one"),
        shared_lock(file, "two"),
        pytest.raises(ConfigError, match="nodes of run two"),
        run_lock(file, "three"),
    ):
        pass
    started = time.monotonic()
    with run_lock(file, "three"), pytest.raises(ConfigError), shared_lock(file, "four"):
        pass
    assert time.monotonic() - started < 5


def test_run_lock_while_another_process_holds_it_names_that_run(
    tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    store = tmp_path / "metadata.db"
    with pytest.raises(ConfigError) as caught, run_lock(store, "second"):
        pass
    assert f"run first, process {holder.pid}" in str(caught.value)
    holder.kill()
    holder.wait()
    with run_lock(store, "third"):
        assert f"run third, process {os.getpid()}" in (tmp_path / "metadata.db.lock").read_text()


def test_run_lock_after_an_error_is_free_again(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="oops"), run_lock(tmp_path / "m.db", "one"):
        raise ValueError("oops")
    with run_lock(tmp_path / "m.db", "two"):
        pass


def test_lock_where_nothing_can_be_written_names_the_folder() -> None:
    file = Path("/proc/absent/metadata.db")
    with pytest.raises(ConfigError, match="/proc/absent"), run_lock(file, "r"):
        pass
