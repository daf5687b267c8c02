"""Ending with the process that started this one, however that one ends.

As a program: `python parent_death.py <id of the parent> <command>…` becomes the command.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # of <linux/prctl.h>; it outlives an exec


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when the thread that started it ends; Linux only.

    If the process of the parent's id is gone already, so goes this one.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def main() -> None:
    """Become another program that ends with its parent."""
    end_with_parent(int(sys.argv[1]))
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit(f"{sys.argv[2]} does not run: {error.strerror}")


if __name__ == "__main__":
    main()
