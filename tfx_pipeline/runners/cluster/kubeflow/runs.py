"""Find runs of Kubeflow Pipelines by id or by name."""

from __future__ import annotations

import json
import re
from typing import Any

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.cluster.kubeflow.connection import Connection
from tfx_pipeline.runners.cluster.kubeflow.requests import NoSuchThingError
from tfx_pipeline.runners.cluster.kubeflow.tasks import run_end
from tfx_pipeline.runners.cluster.submission import run_not_ended
from tfx_pipeline.wording import listed

_PAGE = 100
_RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def find_run(there: Connection, wanted: str) -> str:
    """Give the id of the run that has this id, or alone has this name.

    Raises:
        ConfigError: there is none, or there are several.
        PipelineError: the service does not answer, or refuses.
    """
    if _RUN_ID.fullmatch(wanted):
        try:
            return str(there.client.get_run(wanted).run_id)
        except NoSuchThingError:
            pass  # a name may look so, too
    runs = _named(there.client, wanted, namespace=there.namespace)
    if len(runs) == 1:
        return str(runs[0].run_id)
    if runs:
        ids = [f"{run.run_id} ({_began(run)}, {run.state})" for run in runs]
        problem = Problem(
            f"{len(runs)} runs have this name", "RUN", wanted, listed(ids, 20), "say the id of one"
        )
        raise ConfigError([problem], "it is not clear which run is meant")
    latest = _listed(there.client, "", None, there.namespace)[:5]
    names = [f"{run.run_id} ({run.display_name})" for run in latest]
    problem = Problem(
        "no run has this id or name",
        "RUN",
        wanted,
        f"the latest: {listed(names)}" if names else None,
        "check it, and environment.kubeflow.host and namespace",
    )
    raise ConfigError([problem], "there is no such run")


def _named(
    client: Any,
    name: str,
    *,
    experiment_id: str | None = None,
    namespace: str | None = None,
) -> list[Any]:
    """List the runs of a name, the latest first."""
    runs = _listed(client, name_filter(name), experiment_id, namespace)
    return [run for run in runs if run.display_name == name]


def refuse_a_second(there: Connection, name: str, experiment_id: str) -> None:
    """Refuse a name whose run has not ended: two at once would not be told apart.

    Raises:
        ConfigError: there is one.
    """
    for run in _named(there.client, name, experiment_id=experiment_id):
        if run_end(run, seen_canceling=False) != "submitted":
            continue
        raise run_not_ended(name, run.run_id, run.state, there.url_of(run.run_id))


def name_filter(name: str) -> str:
    """Write the API's filter for what has this name."""
    return json.dumps(
        {"predicates": [{"operation": 1, "key": "display_name", "stringValue": name}]}
    )


def _listed(client: Any, where: str, experiment_id: str | None, namespace: str | None) -> list[Any]:
    found = client.list_runs(
        page_size=_PAGE,
        sort_by="created_at desc",
        experiment_id=experiment_id,
        namespace=namespace,
        filter=where or None,
    )
    return list(found.runs or ())


def _began(run: Any) -> str:
    return f"{run.created_at:%Y-%m-%d %H:%M:%S}" if run.created_at else "?"
