"""Which steps share a container, and what it gets."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.runners.cluster.kubeflow.fixtures import load
from tfx_pipeline.config.sections.environment import EnvironmentConfig
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.cluster.kubeflow.groups import (
    LIGHT_STEPS,
    Upstream,
    display_name,
    grouped,
    kfp_name,
    step_of,
    task_name,
)

# As `upstream_nodes` stands in the IR of configs/taxi.yaml.
TAXI: Upstream = {
    "CsvExampleGen": [],
    "StatisticsGen": ["CsvExampleGen"],
    "SchemaGen": ["StatisticsGen"],
    "ImportSchemaGen": ["SchemaGen"],
    "ExampleValidator": ["ImportSchemaGen", "StatisticsGen"],
    "latest_blessed_data_resolver": ["CsvExampleGen", "ExampleValidator"],
    "DataGate": [
        *("CsvExampleGen", "ExampleValidator", "ImportSchemaGen", "latest_blessed_data_resolver"),
    ],
    "Transform": ["CsvExampleGen", "DataGate", "ImportSchemaGen"],
    "Trainer": ["CsvExampleGen", "ImportSchemaGen", "Transform"],
    "latest_blessed_model_resolver": ["Trainer"],
    "Evaluator": ["CsvExampleGen", "Trainer", "latest_blessed_model_resolver"],
    "ModelRiskAssessor": [
        *("CsvExampleGen", "Evaluator", "ImportSchemaGen", "Trainer", "Transform"),
    ],
    "InfraCheck": ["CsvExampleGen", "ModelRiskAssessor", "Trainer"],
    "Pusher": ["InfraCheck", "ModelRiskAssessor", "Trainer"],
}
GATES = ("SchemaGen", "ExampleValidator", "DataGate")


def assert_is_an_order(groups: dict[tuple[str, ...], list[tuple[str, ...]]]) -> None:
    seen: list[tuple[str, ...]] = []
    for group, upstream in groups.items():
        assert set(upstream) <= set(seen), group
        seen.append(group)


def test_grouped_by_none_gives_each_step_its_own_container() -> None:
    groups = grouped(TAXI, "none")
    assert [*groups] == [(node,) for node in TAXI]
    assert {node: {x for (x,) in groups[node,]} for (node,) in groups} == {
        node: set(upstream) for node, upstream in TAXI.items()
    }


def test_grouped_by_light_of_taxi_joins_the_steps_between_statistics_and_transform() -> None:
    groups = grouped(TAXI, "light")
    assert_is_an_order(groups)
    assert [group for group in groups if len(group) > 1] == [
        (
            *("SchemaGen", "ImportSchemaGen", "ExampleValidator"),
            *("latest_blessed_data_resolver", "DataGate"),
        )
    ]
    assert sorted(node for group in groups for node in group) == sorted(TAXI)
    assert ("latest_blessed_model_resolver",) in groups  # it waits for the Trainer


def test_grouped_by_all_is_one_group_in_order_that_waits_for_nothing() -> None:
    assert grouped(TAXI, "all") == {tuple(TAXI): []}


@pytest.mark.parametrize(("upstream", "expected"), [
    # A path leaves ImportSchemaGen, through StatisticsGen, and comes back.
    ({"ImportSchemaGen": [], "StatisticsGen": ["ImportSchemaGen"],
      "ExampleValidator": ["ImportSchemaGen", "StatisticsGen"], "DataGate": ["ExampleValidator"]},
     [("ImportSchemaGen",), ("StatisticsGen",), ("ExampleValidator", "DataGate")]),
    # Nothing waits: all of them may share, in the order that they have.
    ({"latest_blessed_model_resolver": [], "SchemaGen": [], "Trainer": ["SchemaGen"]},
     [("latest_blessed_model_resolver", "SchemaGen"), ("Trainer",)]),
])  # fmt: skip
def test_grouped_by_light_joins_only_what_no_path_leaves_and_enters_again(
    upstream: Upstream, expected: list[Any]
) -> None:
    assert [*grouped(upstream, "light")] == expected


def test_grouped_by_light_of_any_graph_never_makes_containers_wait_for_each_other() -> None:
    dice = random.Random(3)
    for _ in range(300):
        nodes = [*LIGHT_STEPS, *"ABCDE"]
        dice.shuffle(nodes)
        upstream = {
            node: dice.sample(nodes[:position], dice.randint(0, min(2, position)))
            for position, node in enumerate(nodes)
        }
        groups = grouped(upstream, "light")
        assert_is_an_order(groups)
        assert sorted(node for group in groups for node in group) == sorted(nodes)
        assert all([*group] == sorted(group, key=nodes.index) for group in groups)


def test_names_of_a_group_are_short_enough_for_argo() -> None:
    assert task_name(GATES) == "schema-gen-example-validator-data-gate"
    assert task_name(tuple(TAXI)) == "csv-example-gen-to-pusher"
    assert display_name(GATES) == "SchemaGen+ExampleValidator+DataGate"


@pytest.mark.parametrize(("name", "expected"), [
    ("CsvExampleGen", "csv-example-gen"),
    ("latest_blessed_model_resolver", "latest-blessed-model-resolver"),
    ("my_pipeline-", "my-pipeline"),
    ("TFTransform2", "tf-transform2"),
])  # fmt: skip
def test_kfp_name_is_legal_in_argo(name: str, expected: str) -> None:
    assert kfp_name(name) == expected


def environment(steps: str) -> EnvironmentConfig:
    return load(f"environment.steps={steps}").config.environment


def test_step_of_one_step_is_what_it_says() -> None:
    found = environment("{DataGate: {cpu: 3, memory: 2Gi}}")
    assert step_of(found, ("DataGate",)) == found.step("DataGate")


def test_step_of_a_group_takes_the_largest_of_each() -> None:
    found = environment(
        "{default: {cpu: 0.2, cpu_limit: 1, memory: 900Mi, timeout_s: 60, retries: 1},"
        " SchemaGen: {memory: 1Gi, annotations: {a: x}, tolerations: {key: t, operator: Exists}},"
        " DataGate: {cpu: 2, cpu_limit: 3, memory_limit: 3Gi, retries: 4, annotations: {b: y}}}"
    )
    step = step_of(found, GATES)
    assert (step.cpu, step.cpu_limit, step.memory, step.memory_limit) == (2.0, 3.0, "1Gi", "3Gi")
    assert (step.retries, step.timeout_s) == (4, 180)
    assert step.annotations == {"a": "x", "b": "y"}
    assert [x.key for x in step.tolerations] == ["t"]


def test_step_of_a_group_without_a_limit_in_one_step_has_none() -> None:
    found = environment("{default: {timeout_s: 60, cpu_limit: 1}, DataGate: {cpu_limit: null,"
                        " timeout_s: null}}")  # fmt: skip
    step = step_of(found, GATES)
    assert (step.cpu_limit, step.timeout_s) == (None, None)


@pytest.mark.parametrize(("steps", "field"), [
    ("{SchemaGen: {annotations: {a: x}}, DataGate: {annotations: {a: y}}}", "annotations.a"),
    ("{SchemaGen: {node_selector: {a: x}}, DataGate: {node_selector: {a: y}}}", "node_selector.a"),
    ("{SchemaGen: {image_pull_policy: Always}, DataGate: {image_pull_policy: Never}}",
     "image_pull_policy"),
    ("{SchemaGen: {ephemeral_storage: 1Gi}, DataGate: {ephemeral_storage: 2Gi}}",
     "ephemeral_storage"),
    ("{SchemaGen: {gpus: 1, accelerator: a/b}, DataGate: {gpus: 1, accelerator: a/c}}",
     "accelerator"),
])  # fmt: skip
def test_step_of_a_group_that_disagrees_names_the_field(steps: str, field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        step_of(environment(steps), GATES)
    (problem,) = caught.value.problems
    assert problem.what == f"`SchemaGen` and `DataGate` share a container, but not their `{field}`"
    assert problem.next_step == "say the same of both, or environment.fuse: none"
