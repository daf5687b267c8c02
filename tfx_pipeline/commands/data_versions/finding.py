"""The versions of the data, which of them the command line means, and where their models are."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tfx_pipeline.commands.asking.served_model import ServedModel, find_served_model
from tfx_pipeline.commands.asking.server import rest_client, version_states
from tfx_pipeline.deployment.model_versions import versions_on_disk
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.metadata.data_versions import (
    DataVersion,
    TrainedModel,
    read_data_versions,
)
from tfx_pipeline.runners.metadata.reading import open_for_reading
from tfx_pipeline.serving.types import StateName, VersionState
from tfx_pipeline.serving.versions.source import parse_version
from tfx_pipeline.storage.fileio import PlaceError, exists, is_uri
from tfx_pipeline.wording import counted, listed, nearest

SHOWN_DIGITS = 8
LATEST, PREVIOUS = "latest", "previous"
_TIMEOUT_S = 2.0
_FEWEST_DIGITS = 4


@dataclass(frozen=True)
class KnownVersions:
    """The versions of the data of a pipeline, oldest first, and what is known of its server."""

    model: ServedModel
    versions: Sequence[DataVersion]
    server: str = ""
    served: frozenset[int] = frozenset()
    on_disk: frozenset[int] = field(default=frozenset())

    def version(self, wanted: str) -> DataVersion:
        """Find one by the beginning of its digest, the id of a run, `latest` or `previous`.

        Raises:
            ConfigError: there is none, or there are several.
        """
        if wanted in (LATEST, PREVIOUS):
            position = 1 if wanted == LATEST else 2
            if len(self.versions) >= position:
                return self.versions[-position]
            what = f"there is only {counted(len(self.versions), 'version')} of the data"
            raise _refuse(Problem(what, None, wanted))
        found = [x for x in self.versions if wanted in x.run_ids]
        if not found and len(wanted) >= _FEWEST_DIGITS:
            found = [x for x in self.versions if x.digest.startswith(wanted.lower())]
        if len(found) == 1:
            return found[0]
        if found:
            several = listed([x.digest for x in found])
            raise _refuse(Problem("several versions begin so", None, wanted, several))
        digests = [x.digest[:SHOWN_DIGITS] for x in reversed(self.versions)]
        runs = [run for x in reversed(self.versions) for run in x.run_ids]
        what = "no version of the data is called so, and no run that read one"
        allowed = f"{listed(digests, 8)}, the id of a run, {LATEST}, {PREVIOUS}"
        raise _refuse(Problem(what, None, wanted, allowed, nearest(wanted, [*digests, *runs])))

    def before(self, version: DataVersion) -> DataVersion | None:
        """Give the version that came before one."""
        position = self.versions.index(version)
        return self.versions[position - 1] if position else None

    def states(self, model: TrainedModel) -> list[tuple[str, str]]:
        """Name each pushed version of a model, and say where it is now."""
        if not model.pushed:
            return [("", "not pushed")]
        return [
            (place.rpartition("/")[2], "withdrawn" if model.is_withdrawn else self._state(place))
            for place in model.pushed
        ]

    def _state(self, place: str) -> str:
        number = parse_version(place.rpartition("/")[2])
        if number in self.served:
            return "served"
        if number in self.on_disk:  # the project may have been moved since
            return "pushed"
        with contextlib.suppress(PlaceError):  # a store that cannot be asked now
            return "pushed" if exists(place) else "gone"
        return "pushed, out of reach"


def known_versions(options: argparse.Namespace) -> KnownVersions:
    """Read the versions of the data of the configuration that the command line names.

    Raises:
        ConfigError: it cannot be used, or nothing was run yet.
    """
    model = find_served_model(options)
    with open_for_reading(model.config) as metadata:
        versions = read_data_versions(metadata, model.config)
    if not versions:
        step = model.command("run")
        raise _refuse(Problem("no run has read a table to its end", None, next_step=step))
    states: dict[int, VersionState] = {}
    server = ""
    if any(each.pushed for version in versions for each in version.models):
        with contextlib.closing(rest_client(options, _TIMEOUT_S)) as client:
            states, server = version_states(client, model.name)
    served = {number for number, x in states.items() if x.state is StateName.AVAILABLE}
    is_here = not is_uri(model.config.serving_uri)
    on_disk = versions_on_disk(Path(model.config.serving_uri)) if is_here else ()
    return KnownVersions(model, versions, server, frozenset(served), frozenset(on_disk))


def _refuse(problem: Problem) -> ConfigError:
    return ConfigError([problem], "there is no such version of the data")
