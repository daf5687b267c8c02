"""ModelRiskAssessor as a component, and the artifact that it gives."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from tfx_pipeline.components.artifacts import MODEL_RISK
from tfx_pipeline.components.model_risk.executor import RISK_PROPERTY, ModelRiskExecutor
from tfx_pipeline.components.model_risk.settings import RiskSettings


class ModelRisk(types.Artifact):
    """Holds what the risk checks measured of a model, and whether one of them refuses it.

    Its custom properties are `blessed` (1: none refuses, or somebody took that risk),
    `current_model_id`, and, where a risk was accepted, `accepted`: who, why and when, as JSON.
    About its name see `DataBlessing`.
    """

    TYPE_NAME = MODEL_RISK


class ModelRiskSpec(component_spec.ComponentSpec):
    """Contract of `ModelRiskAssessor`."""

    PARAMETERS = {RISK_PROPERTY: component_spec.ExecutionParameter(type=str)}
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "transform_graph": component_spec.ChannelParameter(type=standard_artifacts.TransformGraph),
        "evaluator_blessing": component_spec.ChannelParameter(
            type=standard_artifacts.ModelBlessing
        ),
        "hyperparameters": component_spec.ChannelParameter(
            type=standard_artifacts.HyperParameters, optional=True
        ),
    }
    OUTPUTS = {
        "risk": component_spec.ChannelParameter(type=ModelRisk),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
    }


class ModelRiskAssessor(base_component.BaseComponent):
    """Examines an evaluated model; blesses it if the Evaluator did and no check refuses.

    Its output `blessing` is as the Evaluator's, with one custom property more, `judge`.

    Args:
        examples: with the splits `train` and `eval`.
        model: the candidate.
        schema: of the raw columns.
        transform_graph: that the model was trained with.
        evaluator_blessing: the Evaluator's, of this model.
        settings: the checks.
        hyperparameters: what a Tuner found, if there was one.
    """

    SPEC_CLASS = ModelRiskSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(ModelRiskExecutor)

    def __init__(
        self,
        *,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        schema: types.BaseChannel,
        transform_graph: types.BaseChannel,
        evaluator_blessing: types.BaseChannel,
        settings: RiskSettings,
        hyperparameters: types.BaseChannel | None = None,
    ) -> None:
        super().__init__(
            ModelRiskSpec(
                examples=examples,
                model=model,
                schema=schema,
                transform_graph=transform_graph,
                evaluator_blessing=evaluator_blessing,
                hyperparameters=hyperparameters,
                risk=types.Channel(type=ModelRisk),
                blessing=types.Channel(type=standard_artifacts.ModelBlessing),
                **{RISK_PROPERTY: settings.to_json()},
            )
        )
