"""Make the report of a run: at its end, and whenever somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.report.card.writing import write_card
from tfx_pipeline.report.facts.reading import read_facts
from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.facts.summaries import all_summaries, summary_of
from tfx_pipeline.report.page.writing import write_report
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.wording import nearest

if TYPE_CHECKING:
    from tfx_pipeline.runners.local.run_record import RunRecord

_NOTHING = "there is no such run to read"


def report_at_the_end(record: RunRecord) -> Path:
    """Write the report of a run that has written its summary; give the page's place.

    Raises:
        Exception: whatever goes wrong; a run stays what it is.
    """
    summary = summary_of(record.folder)
    if summary is None:
        raise FileNotFoundError("the summary of the run is not there")
    facts = read_facts(record.config, summary)
    write_card(facts, record.folder)
    return write_report(facts, record.folder).page


def facts_of(config: PipelineConfig, run_id: str | None) -> RunFacts:
    """Read the facts of a run; of the latest one on this machine if none is named.

    Raises:
        ConfigError: there is no such run, or nothing of it can be read from here.
    """
    return read_facts(config, summary_of_run(config, run_id))


def summary_of_run(config: PipelineConfig, run_id: str | None) -> Mapping[str, Any]:
    """Read what a run says of itself, or what its traces say; the latest one's if none is named.

    Raises:
        ConfigError: there is no such run, or nothing of it can be read from here.
    """
    here = all_summaries(config)
    if run_id is None:
        if here:
            return here[0]
        step = "run the pipeline first, or name a run of a cluster: tfx-pipeline report RUN"
        place = config.environment.pipeline_root
        problem = Problem("no run on this machine has left a summary", place, next_step=step)
        raise ConfigError([problem], _NOTHING)
    found = next((each for each in here if each["run_id"] == run_id), None)
    if found is None:
        from tfx_pipeline.report.cluster_run import run_from_its_traces

        found = run_from_its_traces(config, run_id)
    if found is None:
        ids = [str(each["run_id"]) for each in here]
        near = nearest(run_id, ids) or "tfx-pipeline runs lists those on this machine"
        raise ConfigError([Problem("no run has this id", "RUN", run_id, next_step=near)], _NOTHING)
    return found


def report_folder(config: PipelineConfig, run_id: str) -> Path:
    """Say where the report of a run goes: beside its log, or here where that is elsewhere."""
    if is_uri(config.root_uri):
        return Path(f"report-{config.name}-{run_id}")
    return Path(config.root_uri) / "runs" / run_id
