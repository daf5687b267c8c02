"""Settings of this process that TensorFlow, TFX, Beam and glibc would leave at worse defaults.

For both stacks. Each can go when the default that it names is another one; `hide_own_words` when
TFX's PythonExecutorOperator no longer reads `sys.argv`; those of glibc's heaps, for any version
of it, when `malloc` gives memory of other threads back by itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from tfx_pipeline.patches.light_imports import hidden

_M_ARENA_MAX = -8  # of malloc.h


@contextlib.contextmanager
def fast_imports() -> Iterator[None]:
    """Import thousands of modules without collecting garbage that is not there.

    Nor does Kubernetes's client, which TFX takes along, take a validator along where one is
    installed: the grammars of its formats alone are a fifth of all imports.
    """
    gc.disable()
    try:
        with hidden(["kubernetes_validate"]):
            yield
    finally:
        gc.freeze()
        gc.enable()


def find_user_modules(root: Path) -> None:
    """Let the user's modules be imported from the root of their project."""
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))


def hide_own_words() -> None:
    """Keep this command's words from the executor, to which TFX would hand them."""
    sys.argv = sys.argv[:1]


def hush_tensorflow() -> None:
    """Let TensorFlow's start say nothing, such as that it finds no GPU; before it is imported.

    Nor do Google's libraries, which it may bring, say that this Python is old.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"google\.")


def give_back_memory() -> None:
    """Let the system have what earlier steps no longer need, which libc would keep; 50 ms."""
    import pyarrow

    gc.collect()
    pyarrow.default_memory_pool().release_unused()
    give_back_free_memory()


def limit_heaps() -> None:
    """Let glibc have as many heaps as there are processors; call this before threads begin.

    It has eight times as many otherwise, and what a thread frees stays in its own one. Whoever has
    set `MALLOC_ARENA_MAX` knows better.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with contextlib.suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, os.cpu_count() or 1)


def give_back_free_memory() -> None:
    """Let the system have what glibc keeps for the threads that freed it; elsewhere do nothing.

    Each served version loads in another thread, with a heap of its own, and what it frees stays
    there: 12 swaps of the taxi model grew a server from 644 to 734 MB.
    """
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def log_what_matters() -> None:
    """Let TFX's steps and the training say what they do; Beam speaks up from warnings on."""
    from absl import logging as absl_logging

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("tfx_pipeline").setLevel(logging.INFO)
    absl_logging.set_verbosity(absl_logging.WARNING)
    logging.getLogger("apache_beam").setLevel(logging.WARNING)
