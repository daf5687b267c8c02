"""Where a pipeline can run, and what a rule says that cannot be done there.

Terms:
    target: how a pipeline is rendered, and by whom it is run.
    rule: one feature of the configuration, and the targets that cannot do it, or ignore it.
    finding: a place in a configuration that a rule holds against.
    in a cluster: each step runs in a container of its own, on a machine that is not this one.
"""

from __future__ import annotations

import enum
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.storage.fileio import is_uri

Target = Literal["local", "ir", "kfp", "vertex-native", "vertex-generic"]
TARGETS: tuple[Target, ...] = get_args(Target)
VERTEX: tuple[Target, ...] = ("vertex-native", "vertex-generic")
IN_CLUSTER: tuple[Target, ...] = ("kfp", *VERTEX)
HERE: tuple[Target, ...] = ("local", "ir")
# The metadata is where `environment.metadata` says.
OWN_METADATA: tuple[Target, ...] = ("kfp", "vertex-generic")

OTHER_BUCKETS = ("s3", "abfs", "abfss", "az")
BUCKETS = ("gs", *OTHER_BUCKETS)
"""Schemes of places that are read and written here, Google's first."""


class Level(enum.Enum):
    """How much a rule matters to a target."""

    ERROR = "cannot be done"
    WARNING = "works under a condition that nobody checks"
    IGNORED = "does nothing"


@dataclass(frozen=True)
class Situation:
    """What rules judge: a configuration, and the target where it shall run."""

    config: PipelineConfig
    target: Target
    rows: int | None = None  # of the table; none: not known
    document: Mapping[str, Any] | None = None  # as compiled; none: not yet

    def is_shared(self, place: str) -> bool:
        """Tell whether every step finds the same at `place`: a URI, or on a shared volume."""
        if is_uri(place):
            return True
        if self.target != "kfp":  # no other target has volumes
            return False
        mounts = (volume.mount_path for volume in self.config.environment.volumes)
        return any(is_below(place, mount) for mount in mounts)


@dataclass(frozen=True)
class Finding:
    """What a rule holds against a configuration; see `errors.Problem`."""

    path: KeyPath
    what: str
    received: str | None = None
    allowed: str | None = None
    next_step: str | None = None


Find = Callable[[Situation], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """One feature, and the targets for which a configuration that uses it is spoken of."""

    feature: str  # as the table of targets calls it
    levels: Mapping[Target, Level]  # how much it matters to each
    find: Find  # gives the places that use the feature; asked for those targets only
    note: str  # for the table: what to do instead
    absent: tuple[Target, ...] = ()  # have no such thing, or another rule speaks of them
    source: str = ""  # who says so: type and field of the target's client library


class Rules(list[Rule]):
    """The rules of a subject, in the order in which they are applied and written down."""

    def add(
        self,
        feature: str,
        levels: Mapping[Target, Level],
        note: str,
        absent: tuple[Target, ...] = (),
        source: str = "",
    ) -> Callable[[Find], Find]:
        """Make a rule of the function that finds the places that use the feature."""

        def kept(find: Find) -> Find:
            self.append(Rule(feature, levels, find, note, absent, source))
            return find

        return kept


def target_of(config: PipelineConfig) -> Target:
    """Give the target that the configuration names."""
    environment = config.environment
    if environment.runner == "vertex":
        return "vertex-native" if environment.vertex.rendering == "native" else "vertex-generic"
    return environment.runner


def on(level: Level, *targets: Target) -> dict[Target, Level]:
    """Give all these targets the same level."""
    return dict.fromkeys(targets, level)


def dotted(path: KeyPath) -> str:
    """Write a field's path as people do: `environment.image`."""
    return ".".join(map(str, path))


def is_below(path: str, folder: str) -> bool:
    """Tell whether `path` is `folder` or in it; `..` is followed."""
    inner, outer = posixpath.normpath(path), posixpath.normpath(folder).rstrip("/")
    return inner == outer or inner.startswith(f"{outer}/")


def scheme(place: str) -> str:
    """Give the scheme of a URI; empty for a path."""
    return urlsplit(place).scheme.lower() if is_uri(place) else ""
