"""What stands between a process and a server: it can be cut as a network is, without a word.

python -m tests.runners.metadata.relay PORT hands the bytes of each connection on to PORT of this
machine, and prints the port on which it listens. Stopped (`Relay.cut`), it hands on nothing more,
the end of a connection neither: for the server, whoever is behind it has vanished with its machine.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


class Relay:
    """A relay in a process of its own."""

    def __init__(self, port: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.runners.metadata.relay", str(port)],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def cut(self) -> None:
        """Let nothing through any more."""
        self._process.send_signal(signal.SIGSTOP)

    def mend(self) -> None:
        """Hand on again, what waited first."""
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def main() -> None:
    """Relay until killed."""
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    while True:
        near, _ = listener.accept()
        far = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        for ends in ((near, far), (far, near)):
            threading.Thread(target=_hand_on, args=ends, daemon=True).start()


if __name__ == "__main__":
    main()
