"""Kubeflow Pipelines without Kubernetes: its parts, as its source has them, and as they were seen.

Each rule names file and function of kubeflow/pipelines, below backend/src where no other folder is
named. What its real programs made of the pipelines in `recording/` is recorded, and tested against.

`api_server` and `schedules` say what may be submitted, `compiler` what Argo gets, `driver` (and
`kubernetes_config`) which pod a task becomes, `pods` what Kubernetes says to it, `launcher` what it
starts, `emulator` runs it all; `answers` has what the API tells of a run.
"""

from tests.emulators.kfp.emulator import KfpEmulator, KfpRun, PodLost, as_subprocess, compiled
from tests.emulators.kfp.refusals import NotKnown, Refused

__all__ = [
    "KfpEmulator",
    "KfpRun",
    "NotKnown",
    "PodLost",
    "Refused",
    "as_subprocess",
    "compiled",
]
