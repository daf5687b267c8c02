"""Submit a compiled pipeline to Kubeflow Pipelines: a run, or a schedule; wait for it if asked."""

from __future__ import annotations

import contextlib
import io
from datetime import datetime
from pathlib import Path

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.runners.cluster.kubeflow.connection import Connection, connect
from tfx_pipeline.runners.cluster.kubeflow.groups import kfp_name
from tfx_pipeline.runners.cluster.kubeflow.progress import wait_for
from tfx_pipeline.runners.cluster.kubeflow.runs import name_filter, refuse_a_second
from tfx_pipeline.runners.cluster.submission import Say, SubmitOptions, Submitted, check_run_name
from tfx_pipeline.targets.cron import with_seconds


def submit(
    config: PipelineConfig,
    package: Path,
    options: SubmitOptions,
    say: Say,
    connection: Connection | None = None,
) -> Submitted:
    """Start a run, or set up the schedule that the configuration asks for.

    The package is the YAML that `rendering` wrote; its inputs are in place. Without a connection,
    one is made now.

    Raises:
        PipelineError: the service does not answer, or refuses.
    """
    check_run_name(options.run_name)
    there = connection or connect(config)
    job = config.environment.job
    experiment_id = check_free(config, options.run_name, there)
    if job.schedule:
        return _schedule(config, package, options, there, experiment_id, say)
    name = options.run_name or f"{kfp_name(config.name)} {datetime.now():%Y-%m-%d %H-%M-%S}"
    with contextlib.redirect_stdout(io.StringIO()):
        run = there.client.run_pipeline(
            experiment_id=experiment_id,
            job_name=name,
            pipeline_package_path=str(package),
            params=dict(options.parameters),
            service_account=config.environment.service_account,
        )
    submitted = Submitted(run.run_id, name, there.url_of(run.run_id))
    say(f"run {name}: {submitted.url}")
    say(f"  id {run.run_id}; to look at it later: tfx-pipeline status {run.run_id}")
    return wait_for(config, there, submitted, say) if options.wait else submitted


def check_free(config: PipelineConfig, run_name: str | None, there: Connection) -> str:
    """Make the experiment, unless it is there; give its id.

    Raises:
        ConfigError: a run of this name in it has not ended; of a schedule, names may repeat.
    """
    job = config.environment.job
    with contextlib.redirect_stdout(io.StringIO()):  # kfp prints links
        experiment = there.client.create_experiment(
            name=job.experiment or "Default", namespace=there.namespace
        )
    if run_name and not job.schedule:
        refuse_a_second(there, run_name, experiment.experiment_id)
    return str(experiment.experiment_id)


def _schedule(
    config: PipelineConfig,
    package: Path,
    options: SubmitOptions,
    there: Connection,
    experiment_id: str,
    say: Say,
) -> Submitted:
    """Set up a schedule; one of the same name takes its place, as two would train twice."""
    name = options.run_name or kfp_name(config.name)
    earlier = _schedules(there, name, experiment_id)
    made = there.client.create_recurring_run(
        experiment_id=experiment_id,
        job_name=name,
        cron_expression=with_seconds(str(config.environment.job.schedule)),
        max_concurrency=1,
        no_catchup=True,
        params=dict(options.parameters),
        pipeline_package_path=str(package),
        service_account=config.environment.service_account,
    )
    for other in earlier:  # only now: there is always one
        there.client.disable_recurring_run(other)
        say(f"disabled the schedule {name} of before: {_schedule_url(there, other)}")
    url = _schedule_url(there, made.recurring_run_id)
    return Submitted(made.recurring_run_id, name, url, "scheduled")


def _schedule_url(there: Connection, recurring_run_id: str) -> str:
    return f"{there.ui}/#/recurringrun/details/{recurring_run_id}"


def _schedules(there: Connection, name: str, experiment_id: str) -> list[str]:
    """Find the ids of the schedules of this name that are not disabled."""
    found = there.client.list_recurring_runs(
        experiment_id=experiment_id, page_size=100, filter=name_filter(name)
    )
    return [
        x.recurring_run_id
        for x in found.recurring_runs or ()
        if x.display_name == name and str(x.status).upper() != "DISABLED"
    ]
