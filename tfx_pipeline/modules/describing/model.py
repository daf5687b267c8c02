"""From the parts of a fitted model to its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx_pipeline.modules.describing.columns import describe_columns
from tfx_pipeline.modules.describing.errors import NotDescribableError
from tfx_pipeline.modules.describing.learned_values import learned_values, refuse_foreign_features
from tfx_pipeline.modules.describing.name_operations import name_operations
from tfx_pipeline.modules.describing.name_tables import read_tables
from tfx_pipeline.modules.describing.number_operations import number_operations
from tfx_pipeline.modules.description.heads import Head
from tfx_pipeline.modules.description.model_description import Answer, ModelDescription
from tfx_pipeline.modules.description.operations import Operation
from tfx_pipeline.modules.learners.learner import head_of
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.signatures import only_names
from tfx_pipeline.modules.model.tasks import Binary, Classification, Regression, Task
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.preprocessing import scope_of


def describe_model(
    graph: TransformGraph, inputs: ModelInputs, scorer: Any, task: Task, config: Mapping[str, Any]
) -> ModelDescription | str:
    """Describe what `ServedModel` makes of the same parts; or say why it cannot be described.

    `config` are the settings of the Trainer.
    """
    try:
        head = _head(scorer)
        return ModelDescription(
            describe_columns(graph, config, only_names(config)),
            _operations(graph, inputs, config),
            dict(inputs.widths),
            dict(inputs.sizes),
            head,
            _answer(task),
        )
    except NotDescribableError as error:
        return str(error)


def _operations(
    graph: TransformGraph, inputs: ModelInputs, config: Mapping[str, Any]
) -> tuple[Operation, ...]:
    scope = scope_of(config)
    refuse_foreign_features(graph, scope, inputs.names)
    made = [
        *number_operations(config["features"], learned_values(graph, scope)),
        *name_operations(config, *read_tables(graph)),
    ]
    by_output = {operation.output: operation for operation in made}
    if by_output.keys() != set(inputs.names):
        differing = sorted(by_output.keys() ^ set(inputs.names))
        raise NotDescribableError(
            f"the transformed features are not those of the configuration: {differing} differ"
        )
    return tuple(by_output[name] for name in inputs.names)


def _head(scorer: Any) -> Head:
    head = head_of(scorer)
    if head is None:
        raise NotDescribableError(
            f"it is a {type(scorer).__name__}, which says nothing of what it computes: a model of"
            " your own (hooks.run_fn) can be served as SavedModel only"
        )
    return head


def _answer(task: Task) -> Answer:
    if isinstance(task, Regression):
        return Answer("regression", mean=task.mean, deviation=task.deviation)
    assert isinstance(task, Classification)
    if isinstance(task, Binary):
        return Answer("binary", task.classes, task.threshold)
    return Answer("multiclass", task.classes)
