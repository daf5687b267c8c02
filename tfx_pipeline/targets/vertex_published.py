"""What Google's libraries publish of Vertex AI; tests compare it with the installed ones.

Here, and not asked for where it is needed: `google.cloud.aiplatform` takes seconds to import. Types
without a module are those of `google.cloud.aiplatform_v1.types`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MACHINES_OF_ACCELERATORS: Mapping[str, tuple[str, ...]] = {
    "NVIDIA_TESLA_P4": ("n1-",),
    "NVIDIA_TESLA_P100": ("n1-",),
    "NVIDIA_TESLA_V100": ("n1-",),
    "NVIDIA_TESLA_T4": ("n1-",),
    "NVIDIA_L4": ("g2-standard-",),
    "NVIDIA_TESLA_A100": ("a2-highgpu-", "a2-megagpu-"),
    "NVIDIA_A100_80GB": ("a2-ultragpu-",),
    "NVIDIA_H100_80GB": ("a3-highgpu-", "a3-edgegpu-"),
    "NVIDIA_H100_MEGA_80GB": ("a3-megagpu-",),
    "NVIDIA_H200_141GB": ("a3-ultragpu-",),
    "NVIDIA_B200": ("a4-highgpu-",),
    "NVIDIA_GB200": ("a4x-highgpu-",),
    "NVIDIA_RTX_PRO_6000": ("g4-standard-",),
}
"""Accelerator -> how the types of machines begin that have it, or can be given it.

The names are those of `AcceleratorType`, without TPUs, which this package does not train on, and
without what is no longer there. Source of the machines:
https://cloud.google.com/vertex-ai/docs/training/configure-compute
"""

REGIONS = (
    *("africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2"),
    *("asia-northeast3", "asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2"),
    *("australia-southeast1", "australia-southeast2", "europe-central2", "europe-north1"),
    *("europe-north2", "europe-southwest1", "europe-west1", "europe-west2", "europe-west3"),
    *("europe-west4", "europe-west6", "europe-west8", "europe-west9", "europe-west12"),
    *("me-central1", "me-central2", "me-west1", "northamerica-northeast1"),
    *("northamerica-northeast2", "southamerica-east1", "southamerica-west1", "us-central1"),
    *("us-east1", "us-east4", "us-east5", "us-east7", "us-south1", "us-west1", "us-west2"),
    *("us-west3", "us-west4", "us-west8"),
)
"""`google.cloud.aiplatform.constants.base.SUPPORTED_REGIONS`, without `global`: no pipelines."""

LONGEST_NAME = 128
"""Characters: `PipelineJob.display_name`, and those of CustomJob, Endpoint, Model and Schedule."""
MOST_VARIABLES = 100
"""`ContainerSpec.env`."""
NETWORK = re.compile(r"projects/\d+/global/networks/[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""`PipelineJob.network`, with the project's number."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""`EnvVar.name`: an identifier of C."""
JOB_NAME = re.compile(r"[a-z][-a-z0-9]{0,127}")
"""`google.cloud.aiplatform.constants.pipeline._VALID_NAME_PATTERN`, and
`CreatePipelineJobRequest.pipeline_job_id`, which has no upper case."""
CONTEXT_ID = re.compile(r"[a-z0-9][a-z0-9-]{3,127}")
"""`CreateContextRequest.context_id`: 4 to 128 characters. An experiment is a context."""

_LONGEST_LABEL = 63  # `PipelineJob.labels` says 64, the page that it refers to says 63
LABEL_WORDS = "63 lower-case letters, of any language, digits, `_`, `-`; names begin with a letter"


def is_label(name: str, value: str) -> bool:
    """Tell whether Vertex AI takes such a label; see `PipelineJob.labels`."""
    return name[:1].isalpha() and _is_label_text(name) and _is_label_text(value)


def _is_label_text(text: str) -> bool:
    # Letters of scripts that know no case are neither lower nor upper.
    fine = (x in "_-" or x.isdecimal() or (x.isalpha() and x == x.lower()) for x in text)
    return len(text) <= _LONGEST_LABEL and all(fine)
