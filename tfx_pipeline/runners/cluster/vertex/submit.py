"""Submit a compiled pipeline to Vertex AI: a run, or a schedule; wait for it if asked."""

from __future__ import annotations

import contextlib
import os
import re
import time
from datetime import datetime, timezone
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.runners.cluster.submission import Say, SubmitOptions, Submitted
from tfx_pipeline.runners.cluster.vertex.api import VertexApi
from tfx_pipeline.runners.cluster.vertex.google_errors import UNUSABLE, must_be_found
from tfx_pipeline.runners.cluster.vertex.progress import wait_for
from tfx_pipeline.runners.cluster.vertex.runs import CONSOLE, refuse_a_second, url_of
from tfx_pipeline.targets.vertex_published import JOB_NAME

_CONTEXT_WAIT_S = 60.0


def submit(
    config: PipelineConfig,
    document: dict[str, Any],
    options: SubmitOptions,
    say: Say,
    api: VertexApi | None = None,
) -> Submitted:
    """Start a run now, or set up its schedule when the configuration has one.

    The document is what was compiled: a PipelineJob of TFX's runner, or a pipeline of kfp.

    Raises:
        ConfigError: something is missing, or not allowed.
        PipelineError: Vertex AI does not answer.
    """
    api = api or VertexApi(config)
    run_id = _run_id(config, document)
    run_name = options.run_name or run_id
    job = make_job(config, document, options, run_name)
    if config.environment.job.schedule:
        return _schedule(config, api, job, options, say)
    if options.run_name:
        with must_be_found(api.parent):
            refuse_a_second(api, options.run_name)
    experiment = config.environment.job.experiment
    if experiment:
        _make_experiment(api, experiment)
    _create(api, job, run_id)
    url = url_of(api, run_id)
    say(f"submitted: {url}")
    if experiment:
        _join_experiment(api, experiment, run_id, say)
    submitted = Submitted(run_id, run_name, url)
    return wait_for(config, api, submitted, say) if options.wait else submitted


def make_job(
    config: PipelineConfig, document: dict[str, Any], options: SubmitOptions, run_name: str
) -> dict[str, Any]:
    """Make the PipelineJob that Vertex AI is asked for, with the names of its Python client."""
    environment = config.environment
    is_job = "pipelineSpec" in document
    runtime: dict[str, Any] = {"gcs_output_directory": config.root_uri}
    if options.parameters:
        runtime["parameter_values"] = dict(options.parameters)
    job = {
        "display_name": run_name,
        "pipeline_spec": document["pipelineSpec"] if is_job else document,
        "runtime_config": runtime,
        "labels": {**(document.get("labels", {}) if is_job else {}), **environment.job.labels},
    }
    if environment.service_account:
        job["service_account"] = environment.service_account
    if environment.vertex.network:
        job["network"] = environment.vertex.network
    return job


def _run_id(config: PipelineConfig, document: dict[str, Any]) -> str:
    """Make an id that no run has: the pipeline's name, the time, and four random digits."""
    spec = document.get("pipelineSpec", document)
    name = re.sub(r"[^a-z0-9]+", "-", spec["pipelineInfo"]["name"].lower()).strip("-")
    now = datetime.now(timezone.utc).strftime("%Y%m%d%H%M%S")
    run_id = f"{name}-{now}-{os.urandom(2).hex()}"
    assert JOB_NAME.fullmatch(run_id), run_id
    return run_id


def _create(api: VertexApi, job: dict[str, Any], run_id: str) -> None:
    """Create the run once: whoever finds it there already asked before, and lost the answer."""
    from google.api_core import exceptions

    request = {"parent": api.parent, "pipeline_job": job, "pipeline_job_id": run_id}
    with must_be_found(api.parent), contextlib.suppress(exceptions.Conflict):
        api.call(api.pipelines.create_pipeline_job, request)


def _schedule(
    config: PipelineConfig, api: VertexApi, job: dict[str, Any], options: SubmitOptions, say: Say
) -> Submitted:
    """Make the schedule of this name, or bring the one that is there up to date."""
    if options.wait:
        problem = Problem("--wait waits for a run, and a schedule has no end", "--wait")
        raise ConfigError([problem], "the command line cannot be used")
    settings = config.environment.job
    if settings.experiment:
        say(f"  scheduled runs join no experiment by themselves: {settings.experiment} is ignored")
    name = options.run_name or config.name
    schedule: dict[str, Any] = {
        "display_name": name,
        "cron": settings.schedule,
        "max_concurrent_run_count": 1,
        "create_pipeline_job_request": {
            "parent": api.parent,
            "pipeline_job": {**job, "display_name": name},
        },
    }
    with must_be_found(api.parent):
        found = _find_schedule(api, name)
        if found:
            paths = [key for key in schedule if key != "display_name"]
            request = {"schedule": {**schedule, "name": found}, "update_mask": {"paths": paths}}
            answer = api.call(api.schedules.update_schedule, request)
        else:
            answer = _create_schedule(api, schedule)
    number = answer.name.rpartition("/")[2]
    url = f"{CONSOLE}/{api.location}/pipelines/schedules/{number}?project={api.project}"
    say(f"{'changed' if found else 'made'} the schedule {settings.schedule}: {url}")
    return Submitted(number, name, url, "scheduled")


def _create_schedule(api: VertexApi, schedule: dict[str, Any]) -> Any:
    """Create it once: it has no id of ours, so before a second attempt one looks for the first."""
    attempts: list[None] = []

    def create_once(*, request: dict[str, Any], retry: None, timeout: float) -> Any:
        if attempts:
            found = _find_schedule(api, schedule["display_name"])
            if found:
                return api.call(api.schedules.get_schedule, {"name": found})
        attempts.append(None)
        return api.schedules.create_schedule(request=request, retry=retry, timeout=timeout)

    return api.call(create_once, {"parent": api.parent, "schedule": schedule})


def _find_schedule(api: VertexApi, name: str) -> str | None:
    """Give the resource name of the active schedule that is called so."""
    request = {"parent": api.parent, "filter": f'display_name="{name}" AND state="ACTIVE"'}
    for schedule in api.call(api.schedules.list_schedules, request):
        return str(schedule.name)
    return None


def _make_experiment(api: VertexApi, experiment: str) -> None:
    """Make the experiment, which is a context of Vertex AI's metadata, unless it is there."""
    from google.api_core import exceptions

    store = f"{api.parent}/metadataStores/default"
    try:
        context = api.call(api.metadata.get_context, {"name": f"{store}/contexts/{experiment}"})
    except exceptions.NotFound:
        request = {
            "parent": store,
            "context_id": experiment,
            "context": {
                "display_name": experiment,
                "schema_title": "system.Experiment",
                "schema_version": "0.0.1",
                "metadata": {"experiment_deleted": False},
            },
        }
        with must_be_found(api.parent), contextlib.suppress(exceptions.Conflict):
            api.call(api.metadata.create_context, request)
    else:
        if context.schema_title != "system.Experiment":
            what = "this name belongs to something else than an experiment"
            place = "environment.job.experiment"
            problem = Problem(what, place, experiment, f"not a {context.schema_title}")
            raise ConfigError([problem], UNUSABLE)


def _join_experiment(api: VertexApi, experiment: str, run_id: str, say: Say) -> None:
    """Add the run to the experiment as soon as the metadata knows it; the run is what matters."""
    run = f"{api.parent}/pipelineJobs/{run_id}"
    end = time.monotonic() + _CONTEXT_WAIT_S
    try:
        while True:
            job = api.call(api.pipelines.get_pipeline_job, {"name": run})
            context = job.job_detail.pipeline_run_context.name
            if context or time.monotonic() > end:
                break
            time.sleep(1.0)
        if context:
            parent = f"{api.parent}/metadataStores/default/contexts/{experiment}"
            request = {"context": parent, "child_contexts": [context]}
            api.call(api.metadata.add_context_children, request)
            return
        reason = "its metadata did not appear in time"
    except PipelineError as error:
        reason = error.problems[0].what
    say(f"  the run is not in the experiment {experiment}: {reason}")
