"""The summaries of a pipeline's runs, whole: what `report` reads first of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.runners.metadata.run_summaries import SUMMARY, run_summaries


def summary_of(folder: Path) -> dict[str, Any] | None:
    """Read the summary in the folder of a run; None: there is none that can be read."""
    try:
        values = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    is_one = isinstance(values, dict) and {"run_id", "status"} <= values.keys()
    return values if is_one else None


def all_summaries(config: PipelineConfig) -> list[Mapping[str, Any]]:
    """Read those of the runs on this machine, newest first."""
    found = (summary_of(each.folder) for each in run_summaries(config))
    return [each for each in found if each is not None]


def earlier_summaries(config: PipelineConfig, run_id: str) -> list[Mapping[str, Any]]:
    """Read those of the runs that began before this one, newest first; all, if it has none."""
    found = all_summaries(config)
    ids = [each["run_id"] for each in found]
    return found[ids.index(run_id) + 1 :] if run_id in ids else found
