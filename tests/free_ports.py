"""Ports that nobody listens at, and that nobody else of this machine is given meanwhile.

A port that the system chose for a probe may be chosen again at once: by a test of another process,
or for the near end of any connection. The ports here lie below those that Linux gives of itself
(32768 and more) and Kubernetes to its services, and each process begins to count at another place.
"""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _COUNT = 10_000, 20_000
_STEP = 401  # between the places where two processes that began one after the other begin
_numbers = itertools.count()


def free_ports(count: int) -> list[int]:
    """Find so many; none is given twice by this process."""
    found: list[int] = []
    while len(found) < count:
        port = _FIRST + (os.getpid() * _STEP + next(_numbers)) % _COUNT
        if _is_free(port):
            found.append(port)
    return found


def free_port() -> int:
    """Find one."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
