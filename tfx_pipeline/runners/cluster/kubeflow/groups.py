"""Which steps share a container, and what that container gets.

Terms:
    group: steps that one container runs in their order; most have one step.
    light step: one that only looks at schema, statistics or metadata, and takes a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from tfx_pipeline.config.sections.environment import EnvironmentConfig
from tfx_pipeline.config.sections.kubernetes import quantity_bytes
from tfx_pipeline.config.sections.orchestrators import StepConfig
from tfx_pipeline.errors import ConfigError, Problem

LIGHT_STEPS = (
    *("SchemaGen", "ImportSchemaGen", "ExampleValidator", "DataGate"),
    *("latest_blessed_data_resolver", "latest_blessed_model_resolver"),
)
_LONGEST_NAME = 63

Upstream = Mapping[str, Sequence[str]]
Group = tuple[str, ...]


def grouped(upstream: Upstream, fuse: Literal["none", "light", "all"]) -> dict[Group, list[Group]]:
    """Give the groups in an order in which they can run, and those that each waits for.

    `upstream` has the nodes that each node waits for, which come before it. A group is convex: no
    path leaves it and comes back, nor do groups wait for each other.
    """
    owners = {node: node if fuse != "all" else next(iter(upstream)) for node in upstream}
    light = [node for node in upstream if node in LIGHT_STEPS] if fuse == "light" else []
    for position, node in enumerate(light):
        for other in reversed(light[:position]):  # the nearest before it
            trial = {**owners, node: owners[other]}
            if _ordered(upstream, trial) is not None:
                owners = trial
                break
    return _ordered(upstream, owners) or {}


def _ordered(upstream: Upstream, owners: Mapping[str, str]) -> dict[Group, list[Group]] | None:
    """Order the groups, of the nodes that have one owner; none: some wait for each other."""
    members: dict[str, Group] = {}
    for node in upstream:
        members[owners[node]] = (*members.get(owners[node], ()), node)
    waiting = {
        owner: {owners[each] for node in nodes for each in upstream[node]} - {owner}
        for owner, nodes in members.items()
    }
    ordered: dict[str, set[str]] = {}
    while len(ordered) < len(waiting):
        free = [x for x, needs in waiting.items() if x not in ordered and needs <= ordered.keys()]
        if not free:
            return None
        ordered[free[0]] = waiting[free[0]]
    return {
        members[owner]: [members[each] for each in ordered if each in needs]
        for owner, needs in ordered.items()
    }


def kfp_name(name: str) -> str:
    """Make a name that Kubernetes, Argo and Vertex AI allow: `CsvExampleGen`, `csv-example-gen`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def task_name(group: Group) -> str:
    """Name the task of a group; of a long one, by its first step and its last."""
    name = kfp_name("-".join(group))
    return name if len(name) <= _LONGEST_NAME else kfp_name(f"{group[0]}-to-{group[-1]}")


def display_name(group: Group) -> str:
    """Name a group as people read it: `SchemaGen+ExampleValidator`."""
    return "+".join(group)


def step_of(environment: EnvironmentConfig, group: Group) -> StepConfig:
    """Give what the container of a group gets: of each resource what its largest step says.

    Raises:
        ConfigError: the steps of a group ask for what no one container can have.
    """
    steps = {node: environment.step(node) for node in group}
    if len(group) == 1:
        return steps[group[0]]
    found = [*steps.values()]
    limits = [x.memory_limit or x.memory for x in found]
    timeouts = [x.timeout_s for x in found]
    return StepConfig(
        cpu=_most([x.cpu for x in found]),
        cpu_limit=None if None in [x.cpu_limit for x in found] else _most_limit(found),
        memory=_most([x.memory for x in found], quantity_bytes),
        memory_limit=_most(limits, quantity_bytes),
        gpus=max(x.gpus for x in found),
        accelerator=_same(
            {node: x.accelerator for node, x in steps.items() if x.gpus}, "accelerator"
        )
        or found[0].accelerator,
        node_selector=_united(steps, "node_selector"),
        node_affinity=_same_field(steps, "node_affinity") or (),
        tolerations=tuple(dict.fromkeys(each for x in found for each in x.tolerations)),
        annotations=_united(steps, "annotations"),
        image_pull_policy=_same_field(steps, "image_pull_policy"),
        ephemeral_storage=_same_field(steps, "ephemeral_storage"),
        retries=max(x.retries for x in found),
        timeout_s=None if None in timeouts else sum(x or 0 for x in timeouts),
    )


def _most(values: Sequence[Any], size: Callable[[Any], float] = float) -> Any:
    """Give the largest of what is said; none: nothing is."""
    return max((x for x in values if x is not None), key=size, default=None)


def _most_limit(steps: Sequence[StepConfig]) -> float | None:
    """Give the largest limit of processors, and no less than what is asked for."""
    return _most([x.cpu_limit for x in steps] + [x.cpu for x in steps])


def _united(steps: Mapping[str, StepConfig], field: str) -> dict[str, str]:
    """Put mappings together, which may not say different things of one key."""
    said: dict[str, dict[str, str]] = {}
    for node, step in steps.items():
        for key, value in getattr(step, field).items():
            said.setdefault(key, {})[node] = value
    return {key: str(_same(values, f"{field}.{key}")) for key, values in said.items()}


def _same_field(steps: Mapping[str, StepConfig], field: str) -> Any:
    return _same({n: getattr(x, field) for n, x in steps.items() if getattr(x, field)}, field)


def _same(values: Mapping[str, Any], field: str) -> Any:
    """Give what all say who say something; none: nobody does."""
    first = next(iter(values.items()), None)
    for node, value in values.items():
        if first and value != first[1]:
            problem = Problem(
                f"`{first[0]}` and `{node}` share a container, but not their `{field}`",
                "environment.steps",
                f"{first[1]} and {value}",
                next_step="say the same of both, or environment.fuse: none",
            )
            raise ConfigError([problem], "the pipeline cannot be rendered")
    return first[1] if first else None
