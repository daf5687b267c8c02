"""The installation of Kubeflow Pipelines that the configuration names, asked whether it is well."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.cluster.kubeflow.rendering import missing_kfp
from tfx_pipeline.runners.cluster.kubeflow.requests import Service

_UNUSABLE = "nothing can be submitted to Kubeflow Pipelines"


@dataclass(frozen=True)
class Connection:
    """An installation that answers kfp's client with our limits; no namespace: it has one user."""

    client: Any
    ui: str
    namespace: str | None

    def url_of(self, run_id: str) -> str:
        """Say where a person can look at a run."""
        return f"{self.ui}/#/runs/details/{run_id}"


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
