"""Find runs on Vertex AI by id or by name."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.cluster.submission import ENDS, run_not_ended
from tfx_pipeline.runners.cluster.vertex.api import VertexApi
from tfx_pipeline.targets.vertex_published import JOB_NAME
from tfx_pipeline.wording import listed

CONSOLE = "https://console.cloud.google.com/vertex-ai/locations"
_MOST = 100


def url_of(api: VertexApi, run_id: str) -> str:
    """Say where a person can look at a run."""
    return f"{CONSOLE}/{api.location}/pipelines/runs/{run_id}?project={api.project}"


def find_run(api: VertexApi, wanted: str) -> str:
    """Give the id of the run that has this id, or alone has this name.

    Raises:
        ConfigError: there is none, or there are several.
        PipelineError: the service does not answer, or refuses.
    """
    from google.api_core import exceptions

    if JOB_NAME.fullmatch(wanted):
        request = {"name": f"{api.parent}/pipelineJobs/{wanted}"}
        try:
            api.call(api.pipelines.get_pipeline_job, request)
        except exceptions.NotFound:
            pass  # it may be a name
        else:
            return wanted
    jobs = _named(api, wanted)
    if len(jobs) == 1:
        return _id(jobs[0])
    what, title = "no run has this id or name", "there is no such run"
    ids, next_step = None, "check it, and environment.vertex.project and location"
    if jobs:
        what, title = f"{len(jobs)} runs have this name", "it is not clear which run is meant"
        ids = listed([f"{_id(job)} ({_state(job)})" for job in jobs], 20)
        next_step = "say the id of one"
    raise ConfigError([Problem(what, "RUN", wanted, ids, next_step)], title)


def refuse_a_second(api: VertexApi, name: str) -> None:
    """Refuse a name whose run has not ended: two at once would not be told apart.

    Raises:
        ConfigError: there is one.
    """
    for job in _named(api, name):
        if _state(job) in ENDS:
            continue
        run_id = _id(job)
        raise run_not_ended(name, run_id, _state(job), url_of(api, run_id))


def _named(api: VertexApi, name: str) -> list[Any]:
    request = {"parent": api.parent, "filter": f"display_name={json.dumps(name)}"}
    jobs = api.call(api.pipelines.list_pipeline_jobs, request)
    return [job for job in islice(jobs, _MOST) if job.display_name == name]


def _id(job: Any) -> str:
    return str(job.name.rpartition("/")[2])


def _state(job: Any) -> str:
    return str(job.state.name.removeprefix("PIPELINE_STATE_"))
