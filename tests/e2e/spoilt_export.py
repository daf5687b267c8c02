"""`tfx-pipeline` whose ONNX is made of another model, or which is killed when it makes one.

SPOILT=otherwise python -m tests.e2e.spoilt_export run …
SPOILT=killed python -m tests.e2e.spoilt_export run …
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from typing import Any

from tfx_pipeline.cli import main
from tfx_pipeline.export.onnx import emitter
from tfx_pipeline.modules.description.operations import Scaled

_emit = emitter.emit


def shifted(description: Any) -> Any:
    """Scale the first number from another origin."""
    operations = list(description.operations)
    place = next(x for x, each in enumerate(operations) if isinstance(each, Scaled))
    origin = operations[place].origin + operations[place].unit
    operations[place] = dataclasses.replace(operations[place], origin=origin)
    return dataclasses.replace(description, operations=tuple(operations))


def spoilt(description: Any, facts: Any) -> bytes:
    """Write another model; or die."""
    if os.environ["SPOILT"] == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return _emit(shifted(description), facts)


if __name__ == "__main__":
    emitter.emit = spoilt
    sys.exit(main())
