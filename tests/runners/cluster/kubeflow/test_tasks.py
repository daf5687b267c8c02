"""Rows of Kubeflow Pipelines' API become tasks."""

from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from tfx_pipeline.runners.cluster.compiled_tasks import ir_place, planned_tasks
from tfx_pipeline.runners.cluster.kubeflow.tasks import spec_of, tasks_now

YEAR_1 = datetime(1, 1, 1, tzinfo=timezone.utc)
BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
IR = "s3://bucket/p/ir/0123.json"


def spec(*tasks: tuple[str, list[str], list[str]]) -> dict[str, Any]:
    """Write a compiled pipeline: keys, node ids, keys of tasks before."""
    made: dict[str, Any] = {"root": {"dag": {"tasks": {}}}, "components": {}}
    executors = made.setdefault("deploymentSpec", {}).setdefault("executors", {})
    for name, node_ids, before in tasks:
        words = ["--ir", IR, *(word for x in node_ids for word in ("--node-id", x))]
        made["root"]["dag"]["tasks"][name] = {
            "componentRef": {"name": f"comp-{name}"},
            "dependentTasks": before,
            "taskInfo": {"name": "+".join(node_ids)},
        }
        made["components"][f"comp-{name}"] = {"executorLabel": f"exec-{name}"}
        executors[f"exec-{name}"] = {"container": {"args": words}}
    return made


SPEC = spec(("b", ["SchemaGen", "DataGate"], ["z"]), ("a", ["Trainer"], ["b"]), ("z", ["Gen"], []))


def row(name: str, state: str, end: datetime = YEAR_1) -> Any:
    return SimpleNamespace(
        display_name=name, state=state, start_time=BEGAN, end_time=end, error=None
    )


def run(*rows: Any) -> Any:
    return SimpleNamespace(run_details=SimpleNamespace(task_details=list(rows)))


def test_planned_tasks_come_in_order_with_the_steps_they_do() -> None:
    planned = planned_tasks(SPEC)
    assert [(name, x.node_ids) for name, x in planned.items()] == [
        ("z", ("Gen",)), ("b", ("SchemaGen", "DataGate")), ("a", ("Trainer",)),
    ]  # fmt: skip
    assert ir_place(SPEC) == IR


def test_planned_tasks_of_something_else_are_none() -> None:
    assert planned_tasks({}) == {} and planned_tasks({"root": {"dag": None}}) == {}
    assert ir_place({}) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"root": {"dag": {"tasks": []}}},
        {"components": None},
        {"components": {"z": None}},
        {"deploymentSpec": {"executors": {}}},
        {"deploymentSpec": {"executors": {"exec-z": {"importer": {}}}}},
    ],
)
def test_planned_tasks_of_a_run_of_something_else_are_looked_at_as_far_as_they_go(
    change: dict[str, Any],
) -> None:
    odd = {**SPEC, **change}
    assert ir_place(odd) in ("", IR)
    assert set(planned_tasks(odd)) == ({"z", "b", "a"} if odd["root"]["dag"]["tasks"] else set())


def test_spec_of_a_run_leaves_the_platform_spec_out() -> None:
    both = {"pipeline_spec": SPEC, "platform_spec": {"platforms": {}}}
    assert spec_of(SimpleNamespace(pipeline_spec=both)) == SPEC
    assert spec_of(SimpleNamespace(pipeline_spec=SPEC)) == SPEC
    assert spec_of(SimpleNamespace(pipeline_spec=None)) == {}


def test_tasks_now_take_the_tasks_row_and_not_its_parts() -> None:
    rows = [row("z-driver", "SUCCEEDED"), row("z", "RUNNING"), row("z(0)", "FAILED", BEGAN)]
    task = tasks_now(planned_tasks(SPEC), run(*rows, row("executor(0)", "FAILED", BEGAN)))["z"]
    assert (task.state, task.started, task.ended) == ("RUNNING", BEGAN, None)


def test_tasks_now_whose_driver_works_wait_and_whose_driver_failed_have_failed() -> None:
    planned = planned_tasks(SPEC)
    assert tasks_now(planned, run(row("z-driver", "RUNNING")))["z"].state == "PENDING"
    failed = tasks_now(planned, run(row("z-driver", "FAILED", BEGAN)))["z"]
    assert (failed.state, failed.message) == ("FAILED", "its driver failed, before the step began")
    assert tasks_now(planned, run(row("z", "RUNTIME_STATE_UNSPECIFIED")))["z"].state == ""
    assert tasks_now(planned, SimpleNamespace(run_details=None))["z"].state == ""
