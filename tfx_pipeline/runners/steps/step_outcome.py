"""What came of a step in a cluster, in a small file beside the artifacts.

No orchestrator passes on why a step ended: Kubeflow's launcher ends with 1 whatever the command
ended with. So each step writes it to `<pipeline root>/runs/<run id>/<step>.json`, and who waits for
a run reads it there.

Terms:
    attempt: one execution of the step's work; a step that failed is tried again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from tfx_pipeline.errors import Problem
from tfx_pipeline.storage import fileio

StepState = Literal["running", "done", "refused", "failed", "stopped"]
"""`done`: now, before, or from the cache; `stopped`: ended from outside, by a signal."""


@dataclass(frozen=True)
class Attempt:
    """One attempt at a step.

    Attributes:
        pod: name of the machine or pod that made it.
        began: with its zone.
        ended: none: it works, or its machine vanished.
        exit_status: of the process; negative: the signal that killed it.
        peak_memory_bytes: of the container if it has a limit, else of the largest process of the
            step, if it is known.
        memory_limit_bytes: of the container, if it has one.
        pod_uid: tells pods of one name apart, if it is known.
    """

    pod: str
    began: datetime
    ended: datetime | None = None
    exit_status: int | None = None
    peak_memory_bytes: int | None = None
    memory_limit_bytes: int | None = None
    pod_uid: str = ""


@dataclass(frozen=True)
class StepOutcome:
    """What is known of a step of a run.

    Attributes:
        title: one line that sums up the problems.
        problems: why it was refused, or failed.
        facts: of the artifacts, as the console shows them.
        reason: why it ran, or was not run again, likewise.
        is_cached: it was not run again.
        command: that runs the step again.
        max_attempts: after which it has failed for good.
    """

    node_id: str
    run_id: str
    state: StepState
    attempts: tuple[Attempt, ...] = ()
    title: str = ""
    problems: tuple[Problem, ...] = ()
    facts: str = ""
    reason: str = ""
    is_cached: bool = False
    command: str = ""
    max_attempts: int = 1

    def to_json(self) -> str:
        """Write it as one JSON object."""
        return json.dumps(asdict(self), default=datetime.isoformat, indent=1, ensure_ascii=False)

    @staticmethod
    def from_json(text: str) -> StepOutcome:
        """Read what `to_json` wrote; fields that are not known are left out.

        Raises:
            ValueError: it is something else.
        """
        values = json.loads(text)
        try:
            attempts = tuple(_attempt(each) for each in values.pop("attempts"))
            problems = tuple(Problem(**_known(Problem, each)) for each in values.pop("problems"))
            outcome = StepOutcome(**_known(StepOutcome, values))
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not what came of a step: {error}") from error
        outcome = replace(outcome, attempts=attempts, problems=problems)
        if not _is_sound(outcome):
            raise ValueError("not what came of a step: a value of another kind")
        return outcome


def _attempt(values: Mapping[str, Any]) -> Attempt:
    attempt = Attempt(**_known(Attempt, values))
    ended = attempt.ended and datetime.fromisoformat(str(attempt.ended))
    return replace(attempt, began=datetime.fromisoformat(str(attempt.began)), ended=ended)


def _is_sound(outcome: StepOutcome) -> bool:
    """Tell whether all values are of their kinds: the file may be damaged, or somebody else's."""
    attempts, problems = outcome.attempts, outcome.problems
    texts = [outcome.node_id, outcome.run_id, outcome.title, outcome.facts, outcome.command]
    texts += [text for each in attempts for text in (each.pod, each.pod_uid)]
    texts += [each.what for each in problems]
    optional = [text for each in problems for text in asdict(each).values()]
    numbers = [
        number
        for x in attempts
        for number in (x.exit_status, x.peak_memory_bytes, x.memory_limit_bytes)
        if number is not None
    ]
    times = [time for each in attempts for time in (each.began, each.ended) if time is not None]
    return (
        outcome.state in get_args(StepState)
        and all(isinstance(text, str) for text in texts)
        and all(text is None or isinstance(text, str) for text in optional)
        and all(isinstance(number, int) for number in (outcome.max_attempts, *numbers))
        and all(time.tzinfo is not None for time in times)
    )


def _known(kind: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in kind.__dataclass_fields__}


def more_memory(node_id: str) -> str:
    """Say which field gives a step more memory."""
    return f"raise environment.steps.{node_id}.memory_limit (none is set: memory)"


def outcomes_folder(pipeline_root: str, run_id: str) -> str:
    """Say where the steps of a run leave what came of them; its files are `<step>.json`."""
    return fileio.join(pipeline_root, "runs", run_id)


def outcome_place(pipeline_root: str, run_id: str, node_id: str) -> str:
    """Say where a step leaves what came of it."""
    return fileio.join(outcomes_folder(pipeline_root, run_id), f"{node_id}.json")
