"""What the API tells of a run."""

from __future__ import annotations

from typing import Any

from tests.emulators.kfp.emulator import KfpRun


def task_details(run: KfpRun) -> list[dict[str, Any]]:
    """Give `run_details.task_details`, by the names that a real cluster gave (2.17).

    They are nodes of Argo. A task that failed has no `error`, and no status of its command:
    apiserver/server/api_converter.go, toApiPipelineTaskDetail, fills none.
    """
    found = []
    for name in run.started:
        state = run.states[name]
        attempts = len(run.attempts.get(name, ()))
        ended = [*["FAILED"] * (attempts - 1), state][:attempts]
        refused = name in run.refusals and run.refusals[name].at == "driver"
        nodes = {
            f"{name}-driver": "FAILED" if refused else "SUCCEEDED",
            **{f"executor({i})": each for i, each in enumerate(ended)},
            **({} if refused else {f"{name}(0)": state, name: state}),
        }
        found.extend({"display_name": node, "state": each} for node, each in nodes.items())
    return found
