"""SIGTERM as an exception that nobody takes for a failure of the step."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from tfx_pipeline.runners.node.sigterm import Terminated, terminating, undisturbed, was_terminated


def send() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def send_to_beam() -> None:
    try:
        send()
    except:  # noqa: E722 - as Beam has it
        raise RuntimeError("while running 'Read'") from None


def test_terminating_raises_what_no_handler_of_exceptions_takes() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), terminating(), contextlib.suppress(Exception):
        send()
    assert was_terminated()
    assert signal.getsignal(signal.SIGTERM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_was_terminated_knows_when_another_error_took_its_place() -> None:
    with pytest.raises(RuntimeError), terminating():
        send_to_beam()
    assert was_terminated()


def test_terminating_forgets_what_came_before() -> None:
    with pytest.raises(Terminated), terminating():
        send()
    with terminating():
        assert not was_terminated()


def test_undisturbed_goes_on_when_the_signal_comes() -> None:
    with terminating():
        with undisturbed():
            send()
        assert not was_terminated()
