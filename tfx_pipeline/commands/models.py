"""`tfx-pipeline models`: the versions of a model, what they are worth, and where they came from."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tfx_pipeline.commands.arguments import Commands, add_command, add_server_arguments
from tfx_pipeline.commands.output import (
    NOTHING,
    print_beside,
    print_json,
    result_console,
    with_errors_shown,
)
from tfx_pipeline.errors import ConfigError, Problem

if TYPE_CHECKING:
    from tfx_pipeline.commands.asking.served_model import ServedModel
    from tfx_pipeline.runners.metadata.lineage import Lineage

_TIMEOUT_S = 2.0
_TIME = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class ListedVersion:
    """A version: on disk, on the server, or on both."""

    version: int
    labels: Sequence[str]
    state: str  # empty: no server answers, or it does not know the version
    error: str  # why the server could not load it
    pushed: str  # local time at which its folder appeared; empty: it is not on disk
    lineage: Lineage
    formats: Sequence[str] = ()  # other ones that were pushed beside it


def add_parser(commands: Commands) -> None:
    """Add `models`."""
    parser = add_command(commands, "models", "list the versions of the model", models_command)
    add_server_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON document")


@with_errors_shown
def models_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Print the versions, newest first."""
    from tfx_pipeline.commands.asking.served_model import find_served_model
    from tfx_pipeline.commands.asking.server import rest_client, version_states
    from tfx_pipeline.deployment.pushed_formats import formats_of
    from tfx_pipeline.runners.metadata.lineage import Lineage, find_lineage
    from tfx_pipeline.serving.errors import Code, ServingError

    model = find_served_model(options)
    on_disk = model.versions()
    lineages = find_lineage(model.config, on_disk)
    with contextlib.closing(rest_client(options, _TIMEOUT_S)) as client:
        states, server = version_states(client, model.name)
    try:
        version_labels = model.version_label_file.version_labels()
    except ServingError as error:
        raise ConfigError([Problem(error.message)], "the label file cannot be used") from error
    versions = []
    for number in sorted({*on_disk, *states}, reverse=True):
        path, state = on_disk.get(number), states.get(number)
        versions.append(
            ListedVersion(
                number,
                [name for name, named in version_labels.items() if named == number],
                state.state.name if state else "",
                state.message if state and state.code is not Code.OK else "",
                time.strftime(_TIME, time.localtime(path.stat().st_mtime)) if path else "",
                lineages.get(number, Lineage()),
                formats_of(model.base, number),
            )
        )
    if options.json:
        document = {"model": model.name, "server": server, "versions": versions}
        print_json(document)
    else:
        _print(model, versions, server)


def _print(model: ServedModel, versions: Sequence[ListedVersion], server: str) -> None:
    formats = [", ".join(x.formats) or NOTHING for x in versions]
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
        **({"formats": formats} if any(x.formats for x in versions) else {}),
    }
    console = result_console()
    console.out(f"{model.name}: {model.config.shown(model.base)}; {server}")
    print_beside(console, columns, bold=("version",))
    for each in versions:
        for words in each.lineage.risks_accepted:
            console.out(f"version {each.version}: risk {words}")
        if each.error:
            console.out(f"version {each.version} does not load: {each.error}")


def _metric(version: ListedVersion, name: str) -> str:
    from tfx_pipeline.evaluation.gates import figure

    value = version.lineage.metrics.get(name)
    return figure(value) if value is not None else NOTHING
