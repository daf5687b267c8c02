"""The tasks of a compiled pipeline: in which order, which steps each does, which IR they read."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from tfx_pipeline.runners.cluster.run_report import Task


def planned_tasks(spec: Mapping[str, Any]) -> dict[str, Task]:
    """Give the tasks of a compiled pipeline by their names there, what comes first first."""
    try:
        tasks = _in_order(spec["root"]["dag"]["tasks"])
    except (AttributeError, KeyError, TypeError):
        return {}
    planned = {}
    for name, task in tasks.items():
        shown = task.get("taskInfo", {}).get("name", name)
        arguments = _arguments(spec, task)
        planned[name] = Task(shown, tuple(values_of(arguments, "--node-id")) or (shown,))
    return planned


def ir_place(spec: Mapping[str, Any]) -> str:
    """Say which IR file the steps of a compiled pipeline read; empty: none."""
    try:
        tasks = [*spec["root"]["dag"]["tasks"].values()]
    except (AttributeError, KeyError, TypeError):
        return ""
    places = (place for task in tasks for place in values_of(_arguments(spec, task), "--ir"))
    return next(places, "")


def values_of(arguments: Iterable[Any], option: str) -> list[str]:
    """Give what stands behind each use of an option."""
    words = [str(word) for word in arguments]
    return [after for word, after in itertools.pairwise(words) if word == option]


def _arguments(spec: Mapping[str, Any], task: Mapping[str, Any]) -> list[Any]:
    try:
        component = spec["components"][task["componentRef"]["name"]]
        executor = spec["deploymentSpec"]["executors"][component["executorLabel"]]
        return list(executor["container"]["args"])
    except (KeyError, TypeError):  # an importer, a pipeline in it, or made by something else
        return []


def _in_order(tasks: Mapping[str, Any]) -> dict[str, Any]:
    """Put each task behind those that it waits for."""
    placed: dict[str, Any] = {}
    waiting = dict(tasks)
    while waiting:
        ready = [x for x, task in waiting.items() if placed.keys() >= set(_needed(task, tasks))]
        for name in ready or list(waiting):
            placed[name] = waiting.pop(name)
    return placed


def _needed(task: Mapping[str, Any], tasks: Mapping[str, Any]) -> list[str]:
    return [each for each in task.get("dependentTasks") or () if each in tasks]
