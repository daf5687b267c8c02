"""Submit a compiled pipeline to Kubeflow Pipelines: a run, or a schedule; wait for it if asked."""

from __future__ import annotations

import contextlib
import io
import json
import os
import warnings
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.cluster.kubeflow.groups import kfp_name
from tfx_pipeline.runners.cluster.kubeflow.progress import wait_for
from tfx_pipeline.runners.cluster.kubeflow.rendering import missing_kfp
from tfx_pipeline.runners.cluster.kubeflow.requests import Service
from tfx_pipeline.runners.cluster.kubeflow.runs import refuse_a_second
from tfx_pipeline.runners.cluster.submission import Say, SubmitOptions, Submitted
from tfx_pipeline.targets.cron import with_seconds

_UNUSABLE = "nothing can be submitted to Kubeflow Pipelines"


@dataclass(frozen=True)
class Connection:
    """An installation that answers kfp's client with our limits; no namespace: it has one user."""

    client: Any
    ui: str
    namespace: str | None


def check_run_name(name: str | None) -> None:
    """Refuse a name that Kubeflow Pipelines would.

    Raises:
        ConfigError: it is too long, empty, or not one line.
    """
    if name is None or (name.strip() == name and name.isprintable() and 0 < len(name) <= 128):
        return
    allowed = "1 to 128 printable characters, no space at the ends"
    problem = Problem("not a name for a run", "--run-name", repr(name)[:160], allowed)
    raise ConfigError([problem], "the command line cannot be used")


def connect(config: PipelineConfig) -> Connection:
    """Find the installation and ask it whether it is well.

    Raises:
        ConfigError: no host is known, kfp is not installed, or a file is missing.
        PipelineError: it does not answer, or does not let us in.
    """
    settings, job = config.environment.kubeflow, config.environment.job
    host = (settings.host or os.environ.get("KF_PIPELINES_ENDPOINT", "")).rstrip("/")
    if not host:
        problem = Problem(
            "the address of the API is missing",
            "environment.kubeflow.host",
            next_step="set it, e.g. to http://localhost:8080 after"
            " kubectl port-forward -n kubeflow service/ml-pipeline-ui 8080:80",
        )
        raise ConfigError([problem], _UNUSABLE)
    authorities = str(config.path(settings.ca_file)) if settings.ca_file else None
    if authorities and not Path(authorities).is_file():
        problem = Problem("no such file", "environment.kubeflow.ca_file", settings.ca_file)
        raise ConfigError([problem], _UNUSABLE)
    file = config.path(settings.token_file) if settings.token_file else None
    token = os.environ.get(settings.token_env, "").strip() or None
    limits = job.request_timeout_s, job.request_retries
    service = Service(host, settings.token_env, bool(token or file), *limits, file)
    if file is not None:
        token = service.token()
        if token is None:
            what, place = "no such file, or no token in it", "environment.kubeflow.token_file"
            raise ConfigError([Problem(what, place, settings.token_file)], _UNUSABLE)
    client = _make_client(service, token, authorities)
    is_shared = bool(client.health().multi_user)
    ui = os.environ.get("KF_PIPELINES_UI_ENDPOINT", host).rstrip("/")
    return Connection(client, ui, settings.namespace if is_shared else None)


def _make_client(service: Service, token: str | None, authorities: str | None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import kfp
            import kfp_server_api
        except ImportError as error:
            raise missing_kfp(error) from error

        class Client(kfp.Client):
            """kfp's client, which asks for health only when the limits are in place."""

            def get_kfp_healthz(self, sleep_duration: int = 5) -> Any:
                return kfp_server_api.V2beta1GetHealthzResponse(multi_user=False)

            def health(self) -> Any:
                return super().get_kfp_healthz(0)

        client = Client(host=service.host, existing_token=token, ssl_ca_cert=authorities)
    service.limit(client._run_api.api_client.rest_client)
    return client


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
    submitted = Submitted(run.run_id, name, f"{there.ui}/#/runs/details/{run.run_id}")
    say(f"run {name}: {submitted.url}")
    say(f"  id {run.run_id}; to look at it later: tfx-pipeline status {run.run_id}")
    return wait_for(config, there.client, submitted, say) if options.wait else submitted


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
        refuse_a_second(there.client, run_name, experiment.experiment_id, there.ui)
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
    where = {"predicates": [{"operation": 1, "key": "display_name", "stringValue": name}]}
    found = there.client.list_recurring_runs(
        experiment_id=experiment_id, page_size=100, filter=json.dumps(where)
    )
    return [
        x.recurring_run_id
        for x in found.recurring_runs or ()
        if x.display_name == name and str(x.status).upper() != "DISABLED"
    ]
