"""A process that waits for one task, with TensorFlow in memory and nothing else of the pipeline.

It begins as a copy of this one, which shares the memory of TensorFlow and imports nothing twice, or
anew where a copy would not be safe.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from tfx_pipeline.processes.parent_death import end_with_parent

_START_METHOD = "fork" if sys.platform == "linux" else "spawn"


class WaitingProcess:
    """A process that will call one function, and then end.

    It ends as well when this process does, however that comes.

    Args:
        name: of the process.
        start_method: of `multiprocessing`. A fork is right only before TensorFlow has run anything
            here, since its threads do not survive one; a spawned process imports TensorFlow anew.
        imports: modules that it imports before it waits.
    """

    def __init__(
        self, name: str, start_method: str = _START_METHOD, imports: Sequence[str] = ()
    ) -> None:
        context: Any = multiprocessing.get_context(start_method)
        self._connection, theirs = context.Pipe()
        # The kernel ties it to the thread that starts it, which may end before the process does.
        is_main = threading.current_thread() is threading.main_thread()
        parent = os.getpid() if is_main else None
        arguments = (theirs, self._connection, tuple(imports), parent)
        self._process = context.Process(target=_wait, args=arguments, name=name, daemon=True)
        self._process.start()
        theirs.close()

    def call(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Let it call a function of a module, whose result `result` gives.

        Raises:
            OSError: it has ended.
        """
        self._connection.send((function, arguments))

    def result(self, timeout_s: float) -> Any:
        """Give what the function returned, and the text of what it raised: one of them is empty.

        Raises:
            TimeoutError: it is not done yet.
            EOFError: it ended without a result.
        """
        if not self._connection.poll(timeout_s):
            raise TimeoutError
        return self._connection.recv()

    def poll(self) -> int | None:
        """Give the exit status; none while it runs."""
        status: int | None = self._process.exitcode
        return status

    def wait(self, timeout_s: float) -> bool:
        """Wait for its end; say whether it came."""
        self._process.join(timeout_s)
        return self.poll() is not None

    def kill(self) -> None:
        """End it."""
        self._process.kill()

    def close(self) -> None:
        """End it if it still runs, and let go of it."""
        self._process.kill()
        self._process.join()
        self._connection.close()


def _wait(
    connection: Connection, asking: Connection, imports: Sequence[str], parent: int | None
) -> None:
    """Wait for a task in the other process.

    Args:
        connection: where the task comes from.
        asking: the other end of it. A fork copies it, and as long as it is open here, the end of
            the process that asks would go unnoticed.
        imports: names of modules.
        parent: id of the process that asks, where this one may be tied to it.
    """
    if parent is not None:  # else, and elsewhere than on Linux, the connection tells its end
        end_with_parent(parent)
    asking.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the other one decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for module in imports:
        importlib.import_module(module)
    try:
        function, arguments = connection.recv()
    except EOFError:
        return
    threading.Thread(target=_end_with_the_other, args=(connection,), daemon=True).start()
    result: tuple[Any, str]
    try:
        result = (function(*arguments), "")
    except Exception as error:  # the one who asked says it to the user
        logging.getLogger(__name__).exception("%s failed", function.__name__)
        result = (None, f"{type(error).__name__}: {error}")
    with contextlib.suppress(OSError):
        connection.send(result)


def _end_with_the_other(connection: Connection) -> None:
    """Wait for the end of the process that asked, and go with it."""
    with contextlib.suppress(EOFError, OSError):
        connection.recv()
    os._exit(1)
