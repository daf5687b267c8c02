"""Processes that share the ports: signals at any moment, workers that die, and no orphans."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live_processes import assert_ended, is_alive
from tests.serving.running import RunningProgram

# A server whose workers do what a test says, with short pauses; they are as real otherwise.
_PROGRAM = """
import os, signal, sys, time
from tfx_pipeline.serving import workers
from tfx_pipeline.serving.config.options import ServerOptions
signal.signal(signal.SIGINT, signal.SIG_DFL)  # before it listens, a signal ends it without a word
print("begins", flush=True)
sys.modules["tensorflow"] = os  # the workers here need none of it
workers.FIRST_PAUSE_S, workers.KILL_AFTER_S = 0.05, 3.0
{more}
def serve_alone(options, parent):
    os.write(1, b"worker %d\\n" % os.getpid())  # one write: lines of several do not mix
    {serve}
    return 0
sys.exit(workers.serve_with_workers(ServerOptions(workers={count}), serve_alone))
"""
_ANSWER_FOR_EVER = (
    'os.write(parent.is_up, b"%d " % os.getpid()); os.write(1, b"up %d\\n" % os.getpid()); '
    "os.read(parent.life, 1)"
)


class Running(RunningProgram):
    """The program."""

    def __init__(self, log: Path, serve: str, count: int = 2, more: str = "") -> None:
        super().__init__(log, "-c", _PROGRAM.format(serve=serve, count=count, more=more))

    def workers(self, that: str = "worker") -> list[int]:
        """List all workers that ever began, or those that were ever `up`."""
        whole = self.output.rpartition("\n")[0]
        lines = [line.split() for line in whole.splitlines()]
        return [int(words[1]) for words in lines if words[:1] == [that] and len(words) == 2]

    def wait_workers(self, count: int, that: str = "worker") -> list[int]:
        """Wait until so many workers have begun, or are `up`."""
        self.wait_until(lambda: len(self.workers(that)) >= count)
        return self.workers(that)

    def end(self) -> int:
        """Wait for the end; no worker may be left."""
        status = self.process.wait(60)
        assert_ended(self.workers())
        return status


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*arguments: object, **more: object) -> Running:
        started.append(Running(tmp_path / f"log{len(started)}", *arguments, **more))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for each in started:
        for pid in [each.process.pid, *each.workers()]:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        each.process.wait()


def test_worker_that_dies_at_every_start_is_tried_again_ever_later_and_ends_the_server(
    run: Callable[..., Running],
) -> None:
    started = time.monotonic()
    server = run("os.kill(os.getpid(), signal.SIGKILL)", 1)
    assert server.end() == 255
    assert len(server.workers()) == 7
    for attempt, pause in enumerate(("0.05", "0.1", "0.2", "0.4", "0.8", "1.6"), 1):
        assert f"of signal 9 before it answered; try {attempt} of 6 in {pause} s" in server.output
    assert "as 6 before it: the server ends." in server.output
    assert time.monotonic() - started > 3.15
    assert "Traceback" not in server.output


def test_worker_that_says_that_it_cannot_start_ends_the_server_at_once(
    run: Callable[..., Running],
) -> None:
    server = run('print("no model"); sys.stdout.flush(); os._exit(255)', 2)
    assert server.end() == 255
    assert len(server.workers()) <= 2
    assert "try 1" not in server.output


def test_worker_that_fails_once_and_then_comes_up_is_forgiven(
    run: Callable[..., Running], tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    fail_once = f"open({str(mark)!r}, 'x').close(); os.abort()"
    serve = f"\n    if not os.path.exists({str(mark)!r}): {fail_once}\n    {_ANSWER_FOR_EVER}"
    server = run(serve, 1)
    server.wait_workers(1, "up")
    server.process.terminate()
    assert server.end() == 0
    assert server.output.count("before it answered; try 1 of 6") == 1


def test_worker_that_dies_after_it_answered_is_replaced_at_once_however_often(
    run: Callable[..., Running],
) -> None:
    server = run(_ANSWER_FOR_EVER, 1)
    for count in range(1, 10):
        os.kill(server.wait_workers(count, "up")[-1], signal.SIGKILL)
    server.wait_workers(10, "up")
    server.process.terminate()
    assert server.end() == 0
    assert server.output.count("died of signal 9; another one starts") == 9


def test_replacement_that_cannot_start_does_not_end_those_that_answer_at_once(
    run: Callable[..., Running], tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    serve = f"\n    if os.path.exists({str(broken)!r}): os._exit(3)\n    {_ANSWER_FOR_EVER}"
    server = run(serve, 2)
    first, second = server.wait_workers(2, "up")
    broken.touch()
    os.kill(first, signal.SIGKILL)
    server.wait_workers(4)
    assert is_alive(second)
    broken.unlink()
    server.wait_workers(3, "up")
    server.process.terminate()
    assert server.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("begun", [0, 1, 2, 5])
def test_signal_while_workers_are_forked_leaves_none(
    run: Callable[..., Running], number: signal.Signals, begun: int
) -> None:
    # Each fork takes a while, so that the signal comes between two of them.
    more = "os.register_at_fork(before=lambda: time.sleep(0.1))"
    server = run(_ANSWER_FOR_EVER, 6, more=more)
    if begun:
        server.wait_workers(begun)
    else:
        server.wait_until(lambda: "begins" in server.output)
    server.process.send_signal(number)
    status = server.end()
    assert status == 0 or (begun == 0 and status == -number)  # before it listens to any
    assert "Traceback" not in server.output


def test_many_signals_are_one(run: Callable[..., Running]) -> None:
    server = run(_ANSWER_FOR_EVER, 3)
    server.wait_workers(3)
    for _ in range(20):
        server.process.send_signal(signal.SIGTERM)
    assert server.end() == 0


def test_signal_during_a_pause_ends_the_server_without_waiting(run: Callable[..., Running]) -> None:
    server = run("os.abort()", 1, more="workers.FIRST_PAUSE_S = workers.LONGEST_PAUSE_S = 60.0")
    server.wait_until(lambda: "try 1 of 6 in 60 s" in server.output)
    server.process.terminate()
    server.process.wait(30)
    assert server.end() == 0


def test_worker_that_does_not_end_is_killed(run: Callable[..., Running]) -> None:
    serve = "signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _ANSWER_FOR_EVER
    server = run(serve + "\n    while True: time.sleep(1)", 1)
    server.wait_workers(1, "up")
    server.process.terminate()
    server.end()
    assert "does not end, and is killed" in server.output


def test_workers_end_when_the_server_is_killed(run: Callable[..., Running]) -> None:
    server = run(_ANSWER_FOR_EVER, 3)
    server.wait_workers(3, "up")
    server.process.kill()
    assert server.end() == -signal.SIGKILL
