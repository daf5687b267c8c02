"""SIGTERM as an exception that nobody takes for a failure of the step."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from tfx_pipeline.runners.node.sigterm import Sigterm, sigterm_came, sigterm_ignored, sigterm_raised


def send() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def send_to_beam() -> None:
    try:
        send()
    except:  # noqa: E722 - as Beam has it
        raise RuntimeError("while running 'Read'") from None


def test_sigterm_raised_raises_what_no_handler_of_exceptions_takes() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Sigterm), sigterm_raised(), contextlib.suppress(Exception):
        send()
    assert sigterm_came()
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_sigterm_came_knows_when_another_error_took_its_place() -> None:
    with pytest.raises(RuntimeError), sigterm_raised():
        send_to_beam()
    assert sigterm_came()


def test_sigterm_raised_forgets_what_came_before() -> None:
    with pytest.raises(Sigterm), sigterm_raised():
        send()
    with sigterm_raised():
        assert not sigterm_came()


def test_sigterm_ignored_goes_on_when_the_signal_comes() -> None:
    with sigterm_raised():
        with sigterm_ignored():
            send()
        assert not sigterm_came()
