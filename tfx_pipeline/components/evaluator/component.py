"""The Evaluator as a component: TFX's, with our executor and what it must know."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tensorflow_model_analysis.proto import config_pb2
from tfx import types
from tfx.components import Evaluator
from tfx.dsl.components.base import executor_spec

from tfx_pipeline.components.evaluator.executor import (
    CLUSTERS_PROPERTY,
    GATES_PROPERTY,
    EvaluatorExecutor,
)
from tfx_pipeline.evaluation.verdict import Gates
from tfx_pipeline.ingestion.examples.splits import EVAL


class GatedEvaluator(Evaluator):
    """TFX's Evaluator with the executor of this package.

    Its output `blessing` always has TFX's files and properties, and `verdict.json`; `evaluation`
    has TFMA's files, `evaluation.json` and `kept_rows.npz`. The split `train` is read for the
    trivial answer and a linear model; `gates` are what is asked of the candidate, and rows that
    share the values of `cluster_columns` are drawn together where figures get intervals.
    """

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(EvaluatorExecutor)

    def __init__(
        self,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        baseline_model: types.BaseChannel,
        eval_config: config_pb2.EvalConfig,
        gates: Gates,
        cluster_columns: Sequence[str] = (),
    ) -> None:
        super().__init__(
            examples=examples,
            model=model,
            baseline_model=baseline_model,
            eval_config=eval_config,
            example_splits=[EVAL],
        )
        # Part of the cache's key: the same metrics are judged anew when a threshold changes.
        self.spec.exec_properties[GATES_PROPERTY] = gates.to_json()
        self.spec.exec_properties[CLUSTERS_PROPERTY] = json.dumps(list(cluster_columns))
