"""Operations that change files, run in every order of their steps, and killed between any two.

    trace = Interleaving([push, withdraw], choices=[0, 1, 1, 0], deaths=[None, 7])
    trace.run(look)  # `look` sees the disk between any two steps

A step is a change of the disk, or the taking of a lock, as Python's audit events tell them; or a
call of `step`, where a test puts it. Each
operation has a thread, of which one at a time runs: the same choices give the same order. An
operation that dies raises `Died` at a step, and at every further one: it can clean up nothing, as
after SIGKILL; its locks are released, as the system does for a process.
"""

from __future__ import annotations

import fcntl
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

_CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "shutil.copyfile")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_LIMIT = 5000


class Died(BaseException):
    """The process of this operation is gone."""


class _Operation(threading.Thread):
    def __init__(self, function: Callable[[], object], dies_at: int | None) -> None:
        super().__init__(daemon=True)
        self.function, self.dies_at = function, dies_at
        self.turn, self.parked = threading.Semaphore(0), threading.Semaphore(0)
        self.steps = 0
        self.is_dead = self.is_done = self.is_probing = False
        self.error: BaseException | None = None

    def run(self) -> None:
        self.turn.acquire()
        _LOCAL.operation = self
        try:
            self.function()
        except Died:
            pass
        except BaseException as error:
            self.error = error
        finally:
            _LOCAL.operation = None
            self.is_done = True
            self.parked.release()

    def step(self) -> None:
        """Wait for the turn; die when it is time."""
        self._park()
        if self.steps == self.dies_at:
            self.is_dead = True
        self.steps += 1
        if self.is_dead:
            raise Died

    def wait_for(self, descriptor: int) -> None:
        """Let others run until a lock is free."""
        self.is_probing = True
        try:
            while not _is_free(descriptor):
                self._park()
        finally:
            self.is_probing = False

    def _park(self) -> None:
        self.parked.release()
        self.turn.acquire()


_LOCAL = threading.local()
_hooked = False


def step() -> None:
    """Be a step, within an operation; elsewhere nothing."""
    operation: _Operation | None = getattr(_LOCAL, "operation", None)
    if operation is not None:
        operation.step()


class Interleaving:
    """Operations, the order of their steps, and when they die.

    Args:
        functions: the operations.
        choices: which of those that are not done goes on, at each step; after that, all in turn.
        deaths: the step at which each operation dies; none: it does not.
    """

    def __init__(
        self,
        functions: Sequence[Callable[[], object]],
        choices: Sequence[int] = (),
        deaths: Sequence[int | None] = (),
    ) -> None:
        padded = [*deaths, *[None] * len(functions)]
        self.operations = [_Operation(x, at) for x, at in zip(functions, padded, strict=False)]
        self._choices = list(choices)

    def run(self, look: Callable[[], object]) -> None:
        """Run all to their ends, and raise what one of them raised."""
        _install_hook()
        for operation in self.operations:
            operation.start()
        for step in range(_LIMIT):
            waiting = [x for x in self.operations if not x.is_done]
            if not waiting:
                break
            # After the choices, all in turn: one of them may wait for another's lock.
            choice = self._choices[step] if step < len(self._choices) else step
            chosen = waiting[choice % len(waiting)]
            chosen.turn.release()
            chosen.parked.acquire()
            look()
        else:
            raise AssertionError("the operations wait for each other")
        for operation in self.operations:
            if operation.error is not None:
                raise operation.error

    @property
    def died(self) -> bool:
        """Whether an operation died."""
        return any(x.is_dead for x in self.operations)


def _install_hook() -> None:
    global _hooked
    if not _hooked:
        sys.addaudithook(_hook)  # it stays; without an operation in the thread it does nothing
        _hooked = True


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    operation: _Operation | None = getattr(_LOCAL, "operation", None)
    if operation is None or operation.is_probing:
        return
    if event == "fcntl.flock":
        operation.step()
        if not arguments[1] & fcntl.LOCK_NB:
            operation.wait_for(arguments[0])
    elif event in _CHANGES or (event == "open" and (arguments[2] or 0) & _WRITING):
        operation.step()


def _is_free(descriptor: int) -> bool:
    probe = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY)
    try:
        fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(probe)
    return True
