"""One run at a time on one metadata store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.metadata.run_lock import run_lock

HOLD = """
import sys, time
from pathlib import Path
from tfx_pipeline.runners.metadata.run_lock import run_lock
with run_lock(Path(sys.argv[1]), "first"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_run_lock_while_another_process_holds_it_names_that_run(tmp_path: Path) -> None:
    store = tmp_path / "metadata.db"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(ConfigError) as caught, run_lock(store, "second"):
            pass
        assert f"run first, process {holder.pid}" in str(caught.value)
        holder.send_signal(signal.SIGKILL)
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
