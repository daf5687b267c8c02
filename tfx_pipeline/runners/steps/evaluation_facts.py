"""What Evaluator found, and why a model was refused."""

from __future__ import annotations

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.verdict import Verdict
from tfx_pipeline.runners.metadata.step_records import StepRecord
from tfx_pipeline.runners.steps.outcomes import is_blessed


def verdict_of(evaluator: StepRecord) -> Verdict:
    """Read the verdict; of a step that wrote none (of an older version), no more than whether."""
    folder = evaluator.output("blessing")
    try:
        if folder is not None:
            return Verdict.read(folder)
    except FileNotFoundError:
        pass
    if is_blessed(evaluator):
        return Verdict(True, "")
    problem = Problem("the Evaluator did not bless the model", next_step="run it: --from Evaluator")
    return Verdict(False, "", refusals=[problem])
