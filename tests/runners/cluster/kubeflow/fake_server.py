"""An API server of Kubeflow Pipelines that records what it is sent, over real HTTP.

What it says of runs is what the real one says, of which the files below backend/src are named:
- rows of tasks: `toApiPipelineTaskDetail` in apiserver/server/api_converter.go fills neither
  `error` nor `pod_name`; a time that has not come is the year 1 (`NodeStatuses` in
  common/util/workflow.go, `time.Unix` of an empty time); beside `<task>` there are rows
  `<task>-driver`, `<task>(0)` and `executor(0)`, seen at 2.17.0;
- a run gives back the spec it was made from, with the platform spec beside it (`toApiRun`);
- `UpdateRun` in apiserver/storage/run_store.go adds each new state to `state_history`;
- runs are filtered by `display_name` (`runAPIToModelFieldMap` in apiserver/model/run.go).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.json_server import Answer, Request, json_server

_API = "/apis/v2beta1"
EXPERIMENT_ID = "e-1"
RUN_ID = "5f1c2a7e-0000-4000-8000-000000000001"


@dataclass
class FakeKfp:
    """The server.

    Attributes:
        multi_user: whether the installation has several users.
        token: the only bearer token that is let in; none: everyone is.
        experiments: names that are there.
        schedules: recurring runs that are there.
        run_states: what successive looks at a run find; the last one stays.
        runs: that are listed.
        planned: answers by `METHOD name`, used up one by one before the work is done.
        requests: all that was sent.
    """

    multi_user: bool = False
    token: str | None = None
    experiments: list[str] = field(default_factory=lambda: ["Default"])
    schedules: list[dict[str, Any]] = field(default_factory=list)
    run_states: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)
    planned: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    def __enter__(self) -> FakeKfp:
        self._serving = json_server(self.answer)
        self.url = self._serving.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._serving.__exit__(None, None, None)

    def sent(self, method: str, name: str) -> list[Request]:
        """Give the requests for one kind of thing, e.g. `POST`, `runs`."""
        return [x for x in self.requests if x.method == method and x.path.split("/")[3] == name]

    def answer(self, request: Request) -> Answer:
        """Do what a request asks for."""
        self.requests.append(request)
        name, *rest = request.path.removeprefix(f"{_API}/").split("/")
        queue = self.planned.get(f"{request.method} {name}", [])
        if queue:
            return queue.pop(0)
        if self.token and request.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(401, {"error": "Unauthenticated", "code": 16, "message": "bad token"})
        if not request.path.startswith(f"{_API}/"):
            return Answer(404, "Not Found")
        done = getattr(self, f"_{request.method.lower()}_{name}", None)
        try:
            return (
                Answer(200, done(request, *rest)) if done else Answer(404, {"message": "no such"})
            )
        except LookupError as error:
            return Answer(404, {"code": 5, "message": f"Run {error} not found"})

    def _get_healthz(self, _request: Request) -> Any:
        return {"multi_user": self.multi_user}

    def _get_experiments(self, request: Request) -> Any:
        wanted = json.loads(request.query["filter"])["predicates"][0]["stringValue"]
        if wanted not in self.experiments:
            return {}
        return {"experiments": [{"experiment_id": EXPERIMENT_ID, "display_name": wanted}]}

    def _post_experiments(self, request: Request) -> Any:
        self.experiments.append(request.body["display_name"])
        return {**request.body, "experiment_id": EXPERIMENT_ID}

    def _post_runs(self, request: Request) -> Any:
        self.made = {**request.body, "run_id": RUN_ID, "state": "PENDING"}
        return self.made

    def _get_runs(self, request: Request, run_id: str = "") -> Any:
        if not run_id:
            where = json.loads(request.query.get("filter") or "{}").get("predicates", [])
            names = [each["stringValue"] for each in where if each["key"] == "display_name"]
            return {"runs": [x for x in self.runs if not names or x["display_name"] in names]}
        if run_id != RUN_ID:
            raise LookupError(run_id)
        state = self.run_states.pop(0) if len(self.run_states) > 1 else self.run_states[0]
        return {**self.made, "run_id": run_id, **state}

    def _post_recurringruns(self, request: Request, action: str = "") -> Any:
        if action:
            schedule_id, _, verb = action.partition(":")
            assert verb == "disable"
            for schedule in self.schedules:
                if schedule["recurring_run_id"] == schedule_id:
                    schedule["status"] = "DISABLED"
            return {}
        return {**request.body, "recurring_run_id": "r-1"}

    def _get_recurringruns(self, _request: Request) -> Any:
        return {"recurringRuns": self.schedules}


def task(name: str, state: str, seconds: int = 0) -> list[dict[str, Any]]:
    """Write the rows of a task as a look at a run shows them."""
    minutes, rest = divmod(seconds, 60)
    times = {"start_time": "2026-01-01T00:00:00Z", "end_time": "0001-01-01T00:00:00Z"}
    if state in ("SUCCEEDED", "FAILED", "SKIPPED"):
        times["end_time"] = f"2026-01-01T00:{minutes:02}:{rest:02}Z"
    driver = {**times, "end_time": "2026-01-01T00:00:00Z"}
    return [
        {"display_name": f"{name}-driver", "state": "SUCCEEDED", **driver},
        {"display_name": name, "state": state, **times},
        {"display_name": f"{name}(0)", "state": state, **times},
        {"display_name": "executor", "state": state, **times},
        {"display_name": "executor(0)", "state": state, **times},
    ]


def run_state(state: str, *tasks: list[dict[str, Any]], history: str = "") -> dict[str, Any]:
    """Write what a look at a run shows; the `history` is states with blanks between."""
    rows = [row for rows in tasks for row in rows]
    states = [{"state": each, "update_time": "2026-01-01T00:00:00Z"} for each in history.split()]
    return {"state": state, "state_history": states, "run_details": {"task_details": rows}}
