"""Processors, memory and accelerators of a step, as kfp's setters take them.

kfp writes numbers (`cpuRequest`), and its newer versions texts beside them (`resourceCpuRequest`);
2.4.1 and 2.17 read the text, and else the number, of memory in 10^9 bytes (`getPodResource` in
`backend/src/v2/driver/driver.go`).
"""

from __future__ import annotations

import re
from typing import Any

from tfx_pipeline.config.sections.orchestrators import StepConfig


def add_resources(task: Any, step: StepConfig, *, for_kubernetes: bool) -> None:
    """Ask for the machine of a step; Vertex AI chooses it by the limits."""
    cpu_limit = step.cpu_limit if for_kubernetes else step.cpu_limit or step.cpu
    memory_limit = step.memory_limit or step.memory
    if step.cpu is not None:
        task.set_cpu_request(f"{step.cpu:.10g}")
    if cpu_limit is not None:
        task.set_cpu_limit(f"{cpu_limit:.10g}")
    if step.memory is not None:
        task.set_memory_request(_whole_memory(step.memory))
    if memory_limit is not None:
        task.set_memory_limit(_whole_memory(memory_limit))
    if step.gpus:
        task.set_accelerator_type(step.accelerator).set_accelerator_limit(step.gpus)


_SMALLER = {"Ti": ("Gi", 1024), "Gi": ("Mi", 1024), "Mi": ("Ki", 1024)} | {
    "T": ("G", 1000),
    "G": ("M", 1000),
    "M": ("K", 1000),
}


def _whole_memory(memory: str) -> str:
    """Write `1.5Gi` as `1536Mi`: kfp takes whole numbers. Nothing becomes nothing."""
    match = re.fullmatch(r"([\d.]+)(\D+)", memory)
    if match is None or "." not in match[1]:
        return memory
    unit, factor = _SMALLER[match[2]]
    return f"{max(1, round(float(match[1]) * factor))}{unit}"
