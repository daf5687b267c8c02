"""What the real Kubeflow Pipelines has been asked: our pipeline, an odd one, broken ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
RUN_ID = "0a1b2c3d-0000-4000-8000-00000000000{}"
SCHEDULES = (
    *("0 3 * * *", "0 0 3 * * *", "0  0 3 * * *", "*/5 * * * *", "0 3 * *", "0 0 3 * * * 9"),
    *("", "0 0 3 * * 1-5/2", "0 0 3 * DEC-JAN *", "0 0 3 * 13 *", "+1 0 3 * *", "-1 0 3 * *"),
    *("70/5 0 3 * * *", "5-70/5 0 3 * * *"),
    *("TZ=Europe/Berlin 0 3 * * *", "TZ=Europe/Berlin 0 0 3 * * *"),
    *("CRON_TZ=Europe/Berlin 0 3 * * *", "@daily", "@midnight", "@every 1h", "@every 1x", "@never"),
    *("0 0 3 * * MON-FRI", "0 0 3 * * mon", "0 0 3 * * SUN", "0 0 3 * * 7", "0 0 3 * JAN *"),
    *("0 0 25 * * *", "60 0 3 * * *", "0 0 3 31 2 *", "0 3 ? * *", "0 0 3-1 * * *", "0 0 0 0 * *"),
    *("0 0 */0 * * *", "0 0 a * * *", "0 0 3 L * *", "0 0 3 * * 1#2", "0 0 1,2 * * *"),
    *("0 0 3 1-31/40 * *", "5/15 0 3 * * *", "0 0 1-2-3 * * *", "0 0 1/2/3 * * *", "0 0 , * * *"),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A compiled pipeline, and the parameters of a run of it."""

    text: str
    run_id: str
    parameters: dict[str, Any] = field(default_factory=dict)


def cases() -> dict[str, Case]:
    """Name what has been recorded."""
    made = {name: _ours(name, number) for number, name in enumerate(("taxi", "everything"), 1)}
    for name, documents, parameters in (*_runs(), *_broken()):
        text = yaml.safe_dump_all(documents, sort_keys=False)
        made[name] = Case(text, RUN_ID.format(1)[:-2] + f"{len(made) + 1:02}", parameters)
    return made


NUMBERS = (
    *(2.0**53, 2.0**53 + 2, 1e20, 1e21, 1e22, 123456.789, 1234567.25, 0.1, 1e-5, 0.0001, 1 / 3),
    *(2.0**63, -(2.0**63), 1.7976931348623157e308, 5e-324, -0.0, 100000.0, 100000.5, 1e6 + 0.5),
)


def _ours(name: str, number: int) -> Case:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    return Case(text, RUN_ID.format(number), {"model_epochs": "9007199254740993"})


Documents = list[dict[str, Any]]


def _odd() -> Documents:
    return list(yaml.safe_load_all((FOLDER / "odd.yaml").read_text(encoding="utf-8")))


def _runs() -> Iterator[tuple[str, Documents, dict[str, Any]]]:
    yield "odd", _odd(), {}
    yield (
        "odd with other values",
        _odd(),
        {
            "double": 1e-300,
            "integer": 5.5,
            "text": "{{$.pipeline_job_uuid}}",
            "flag": False,
            "list": [1.5, "a"],
            "struct": {"b": 1, "a": None},
        },
    )
    for value in (
        2.0**53,
        2.0**53 + 2,
        1e20,
        1e21,
        1e22,
        123456.789,
        1234567.25,
        0.1,
        1e-5,
        0.0001,
    ):
        yield f"double {value!r}", _only("numbers"), {"double": value, "integer": -value}
    for value in (1 / 3, 2.0**63, -(2.0**63), 1.7976931348623157e308, 5e-324, -0.0, 100000.0):
        yield f"double {value!r}", _only("numbers"), {"double": value, "integer": value}


def _only(task: str) -> Documents:
    documents = _odd()
    dag = documents[0]["root"]["dag"]
    dag["tasks"] = {task: {**dag["tasks"][task], "dependentTasks": []}}
    documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"] = {}
    return documents


def _broken() -> Iterator[tuple[str, Documents, dict[str, Any]]]:
    for name, change in BROKEN.items():
        documents = _only("words")
        changed = change(documents)
        yield name, changed if isinstance(changed, list) else documents, {}
    for name, parameters in WRONG_PARAMETERS.items():
        yield name, _only("numbers"), parameters


WRONG_PARAMETERS: dict[str, dict[str, Any]] = {
    "parameter nobody knows": {"doubel": 1.0},
    "text for a double": {"double": "1.0"},
    "number for a text": {"text": 1},
    "text for a flag": {"flag": "true"},
    "struct for a list": {"list": {}},
    "list for a struct": {"struct": []},
    "nothing for a double": {"double": None},
}


def _at(documents: Documents, *keys: str) -> dict[str, Any]:
    found: dict[str, Any] = documents[0]
    for key in keys:
        found = found[key]
    return found


def _executor(documents: Documents) -> dict[str, Any]:
    return _at(documents, "deploymentSpec", "executors", "exec-words", "container")


def _kubernetes(documents: Documents, **more: Any) -> None:
    executors = documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    executors["exec-words"] = more


def _component(documents: Documents) -> dict[str, Any]:
    return _at(documents, "components", "comp-words", "inputDefinitions", "parameters")


def _task(documents: Documents) -> dict[str, Any]:
    return _at(documents, "root", "dag", "tasks", "words")


def _without(documents: Documents, *keys: str) -> None:
    del _at(documents, *keys[:-1])[keys[-1]]


BROKEN: dict[str, Callable[[Documents], Any]] = {
    "schema 2.0.0": lambda d: d[0].update(schemaVersion="2.0.0"),
    "no schema": lambda d: d[0].pop("schemaVersion") and None,
    "no name": lambda d: d[0]["pipelineInfo"].update(name=""),
    "name with no letter": lambda d: d[0]["pipelineInfo"].update(name="___"),
    "name with an underscore": lambda d: d[0]["pipelineInfo"].update(name="my_Pipeline"),
    "no root": lambda d: d[0].pop("root") and None,
    "two pipelines": lambda d: [d[0], *d],
    "two platforms": lambda d: [*d, d[1]],
    "platform alone": lambda d: d[1:],
    "another platform": lambda d: [d[0], {"platforms": {"moon": {}}}],
    "field nobody knows": lambda d: d[0].update(colour="red"),
    "field of a task nobody knows": lambda d: _task(d).update(colour="red"),
    "field of a container nobody knows": lambda d: _executor(d).update(colour="red"),
    "kubernetes field nobody knows": lambda d: _kubernetes(d, colour="red"),
    "no such component": lambda d: _task(d)["componentRef"].update(name="comp-nobody"),
    "no such executor": lambda d: _without(d, "deploymentSpec", "executors", "exec-words"),
    "no such task": lambda d: _task(d).update(dependentTasks=["nobody"]),
    "resolver": lambda d: _at(d, "deploymentSpec", "executors").update(
        {"exec-words": {"resolver": {}}}
    ),
    "no such input of the pipeline": lambda d: _task(d).update(
        inputs={"parameters": {"text": {"componentInputParameter": "nobody"}}}
    ),
    "input left out": lambda d: _without(
        d, *["root", "dag", "tasks", "words", "inputs", "parameters", "text"]
    ),
    "task without a name": lambda d: _task(d).update(taskInfo={}),
    "no command": lambda d: _executor(d).update(command=[], args=[]),
    "input nobody knows": lambda d: _executor(d).update(args=["{{$.inputs.parameters['nobody']}}"]),
    "pull policy": lambda d: _kubernetes(d, imagePullPolicy="Sometimes"),
    "claim without a name": lambda d: _kubernetes(d, pvcMount=[{"mountPath": "/data"}]),
    "part of a claim": lambda d: _kubernetes(
        d, pvcMount=[{"constant": "data", "mountPath": "/data", "subPath": "a/b"}]
    ),
    "claim without a path": lambda d: _kubernetes(d, pvcMount=[{"constant": "data"}]),
    "secret without a name": lambda d: _kubernetes(
        d, secretAsEnv=[{"keyToEnv": [{"secretKey": "a", "envVar": "A"}]}]
    ),
    "size that is none": lambda d: _kubernetes(
        d, emptyDirMounts=[{"volumeName": "tmp", "mountPath": "/tmp", "sizeLimit": "5 GB"}]
    ),
    "memory that is none": lambda d: _executor(d).update(resources={"resourceMemoryLimit": "5 GB"}),
    "required input left out, with a default": lambda d: _component(d).update(
        default={"parameterType": "STRING", "defaultValue": "x"}
    ),
    "required number left out, with a default": lambda d: _component(d).update(
        default={"parameterType": "NUMBER_DOUBLE", "defaultValue": 1.5}
    ),
    "optional input left out, with a default": lambda d: (
        _component(d).update(
            default={"parameterType": "STRING", "defaultValue": "x", "isOptional": True}
        ),
        _executor(d).update(args=["{{$.inputs.parameters['default']}}"]),
    )[0],
    "constant of another kind": lambda d: _task(d)["inputs"]["parameters"].update(
        flag={"runtimeValue": {"constant": "true"}}
    ),
    "number for a text of a step": lambda d: _task(d)["inputs"]["parameters"].update(
        text={"runtimeValue": {"constant": 0.00001}}, constant={"componentInputParameter": "list"}
    ),
    "affinity and nothing else": lambda d: _kubernetes(
        d, nodeAffinity=[{"matchExpressions": [{"key": "disk", "operator": "In", "values": ["a"]}]}]
    ),
    "variables that may be missing": lambda d: _kubernetes(
        d,
        secretAsEnv=[
            {"secretName": "s", "optional": True, "keyToEnv": [{"secretKey": "a", "envVar": "A"}]}
        ],
    ),
    "retries with no longest time": lambda d: _task(d).update(
        retryPolicy={"maxRetryCount": 2, "backoffDuration": "30s", "backoffFactor": 2}
    ),
    "retries of nothing": lambda d: _task(d).update(retryPolicy={}),
    "loop": lambda d: _task(d).update(
        parameterIterator={"items": {"raw": "[1]"}, "itemInput": "text"}
    ),
}
