"""What a process writes, sent elsewhere for a while; of Python's streams, see `test_console`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tfx_pipeline.processes.descriptors import redirected


def test_redirected_takes_what_is_written_within_and_nothing_else(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    os.write(1, b"before\n")
    with (tmp_path / "log").open("wb") as log, redirected(1, 2, to=log.fileno()) as (out, _):
        log.close()
        os.write(1, b"noise on stdout\n")
        os.write(2, b"noise on stderr\n")
        os.write(out, b"meanwhile\n")
    os.write(1, b"after\n")
    assert capfd.readouterr() == ("before\nmeanwhile\nafter\n", "")
    logged = (tmp_path / "log").read_text(encoding="utf-8")
    assert logged == "noise on stdout\nnoise on stderr\n"


def test_redirected_leads_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    def write_and_fail() -> None:
        os.write(1, b"a log\n")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), redirected(1, to=2):
        write_and_fail()
    os.write(1, b"an answer\n")
    assert capfd.readouterr() == ("an answer\n", "a log\n")
