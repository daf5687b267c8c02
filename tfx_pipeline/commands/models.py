"""`tfx-pipeline models`: the versions of a model, what they are worth, and where they came from."""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tfx_pipeline.commands.answer_tables import NOTHING, print_table
from tfx_pipeline.commands.served_model import (
    Deployment,
    find_deployment,
    output,
    rest_client,
    with_errors_shown,
)
from tfx_pipeline.deployment.client import UnreachableError
from tfx_pipeline.evaluation.gates import figure
from tfx_pipeline.runners.metadata.lineage import Lineage, find_lineage
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import VersionState

_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Version:
    """A version: on disk, on the server, or on both.

    Attributes:
        version: its number.
        labels: those that name it.
        state: on the server; empty: no server answers, or it does not know the version.
        error: why the server could not load it.
        pushed: local time at which its folder appeared; empty: it is not on disk.
        lineage: where it came from.
    """

    version: int
    labels: Sequence[str]
    state: str
    error: str
    pushed: str
    lineage: Lineage


def models(options: argparse.Namespace) -> int:
    """Print the versions, newest first; return the exit status."""
    return with_errors_shown(lambda: _models(options))


def _models(options: argparse.Namespace) -> None:
    deployment = find_deployment(options)
    on_disk = deployment.versions()
    lineages = find_lineage(deployment.config, on_disk)
    states, server = _states(options, deployment.name)
    labels = deployment.label_file.labels()
    versions = []
    for number in sorted({*on_disk, *states}, reverse=True):
        path, state = on_disk.get(number), states.get(number)
        versions.append(
            Version(
                number,
                [label for label, named in labels.items() if named == number],
                state.state.name if state else "",
                state.message if state and state.code is not Code.OK else "",
                _pushed(path) if path else "",
                lineages.get(number, Lineage()),
            )
        )
    if options.json:
        document = {"model": deployment.name, "server": server, "versions": versions}
        output().out(json.dumps(document, indent=1, default=asdict))
    else:
        _print(deployment, versions, server)


def _states(options: argparse.Namespace, name: str) -> tuple[dict[int, VersionState], str]:
    """Ask a server for the states; say what came of it."""
    with contextlib.closing(rest_client(options, _TIMEOUT_S)) as client:
        try:
            states = client.states(name)
        except UnreachableError:
            return {}, f"no server answers at {client.address}"
        except ServingError as error:
            return {}, f"the server at {client.address} says: {error.message}"
    return {state.version: state for state in states}, f"states: the server at {client.address}"


def _pushed(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime).strftime("%Y-%m-%d %H:%M")


def _print(deployment: Deployment, versions: Sequence[Version], server: str) -> None:
    names = list(dict.fromkeys(name for x in versions for name in x.lineage.metrics))[:3]
    columns = {
        "version": [str(x.version) for x in versions],
        "state": [x.state.lower() or NOTHING for x in versions],
        "labels": [", ".join(x.labels) or NOTHING for x in versions],
        **{name: [_metric(x, name) for x in versions] for name in names},
        "pushed": [x.pushed or "not on disk" for x in versions],
        "run": [x.lineage.run_id or NOTHING for x in versions],
        "data": [x.lineage.data[:8] or NOTHING for x in versions],
        "code": [x.lineage.code[:8] or NOTHING for x in versions],
    }
    console = output()
    console.out(f"{deployment.name}: {deployment.shown(deployment.base)}; {server}")
    print_table(console, columns, bold=("version",))
    for each in versions:
        if each.error:
            console.out(f"version {each.version} does not load: {each.error}")


def _metric(version: Version, name: str) -> str:
    value = version.lineage.metrics.get(name)
    return figure(value) if value is not None else NOTHING
