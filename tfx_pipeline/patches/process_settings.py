"""Settings for TFX and Beam inside this one process, where their defaults cost seconds."""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import Iterator

from tfx_pipeline.patches.glibc_heaps import give_back_free_memory

# The runner that Beam's DirectRunner ends up with in any case, named so that it does not try its
# Go runner first. Whenever Beam options are given, TFX packs its own sources for remote workers,
# 1-2 s per component, unless a container image for them is named: here there are none.
BEAM_OPTIONS = (
    "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
    "--sdk_container_image=none",
)


@contextlib.contextmanager
def fast_imports() -> Iterator[None]:
    """Import thousands of modules without collecting garbage that is not there."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def give_back_memory() -> None:
    """Let the system have what earlier steps no longer need, which libc would keep; 50 ms."""
    import pyarrow

    gc.collect()
    pyarrow.default_memory_pool().release_unused()
    give_back_free_memory()


def log_what_matters() -> None:
    """Let TFX's steps and the training say what they do; Beam speaks up from warnings on."""
    from absl import logging as absl_logging

    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("tfx_pipeline").setLevel(logging.INFO)
    absl_logging.set_verbosity(absl_logging.WARNING)
    logging.getLogger("apache_beam").setLevel(logging.WARNING)
