"""The stand-in gives what the real Kubeflow Pipelines gave: see recording/README.md."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from tests.emulators.kfp.api_server import checked_parameters, read_template
from tests.emulators.kfp.compiler import Retry, Task, Workflow, compile_workflow
from tests.emulators.kfp.driver import Run, drive
from tests.emulators.kfp.launcher import launched
from tests.emulators.kfp.refusals import NotKnown, Refused
from tests.emulators.kfp.schedules import check_schedule
from tests.emulators.kfp.versions import VERSIONS, Version
from tests.emulators.recording.cases import FOLDER, SCHEDULES, Case, cases

CASES = cases()
NOT_KNOWN = {"loop"}
_UNITS = {"": 0, "m": -3, "k": 3, "M": 6, "G": 9}


@cache
def recorded(version: str) -> dict[str, Any]:
    """Read what the programs of a version said."""
    text = (FOLDER / f"kfp-{version}.json").read_text(encoding="utf-8")
    said: dict[str, Any] = json.loads(text)
    return said


def workflow_of(case: Case, version: Version) -> Workflow:
    template = read_template(case.text)
    parameters = checked_parameters(template, case.parameters)
    return compile_workflow(template, parameters, case.run_id, version)


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
@pytest.mark.parametrize("name", sorted({*CASES} - NOT_KNOWN))
def test_stand_in_does_what_the_real_programs_did(name: str, version: Version) -> None:
    case, said = CASES[name], recorded(version.name)["pipelines"][name]
    if "refused" in said:
        with pytest.raises(Refused) as refused:
            workflow_of(case, version)
        check_refusal(refused.value, said["refused"])
        return
    workflow = workflow_of(case, version)
    assert set(workflow.tasks) == set(said["tasks"])
    for task, of_task in said["tasks"].items():
        check_task(workflow, workflow.tasks[task], Run(case.run_id), version, of_task)


def check_refusal(refusal: Refused, said: dict[str, str]) -> None:
    assert refusal.at == said["at"] and refusal.message in said["message"], said


def check_task(
    workflow: Workflow, task: Task, run: Run, version: Version, said: dict[str, Any]
) -> None:
    if "refused" in said:
        with pytest.raises(Refused) as refused:
            drive(workflow, task, run, version)
        check_refusal(refused.value, said["refused"])
        return
    driven = drive(workflow, task, run, version)
    assert driven.inputs == json.loads(json.dumps(said["inputs"] or {}), parse_int=float)
    assert in_numbers(driven.pod) == in_numbers(said["pod"])
    depends = set((said["depends"] or "").replace(".Succeeded", "").split(" && ")) - {""}
    assert task.upstream == depends
    metadata = said["metadata"]
    assert (task.labels, task.annotations) == (metadata.get("labels", {}), metadata["annotations"])
    check_retry(task.retry, said["retry"])
    words = driven.pod["containers"][0].get("args", [])
    if isinstance(said["argv"], dict):
        with pytest.raises(Refused) as refused:
            launched(words, task, driven.inputs)
        check_refusal(refused.value, said["argv"]["refused"])
    else:
        argv = launched(words, task, driven.inputs)
        assert argv[0] == "tfx-pipeline" and argv[1:] == said["argv"][1:]


def check_retry(retry: Retry | None, said: dict[str, Any] | None) -> None:
    if retry is None:
        assert said is None
        return
    assert said is not None and "retryPolicy" not in said
    backoff = said["backoff"]
    longest = backoff.get("maxDuration", "")
    assert (str(retry.limit), str(retry.duration_s), str(retry.factor)) == (
        *(str(said["limit"]), backoff["duration"], str(backoff["factor"])),
    )
    assert ("" if retry.max_duration_s is None else str(retry.max_duration_s)) == longest


def in_numbers(pod: dict[str, Any]) -> dict[str, Any]:
    """Give a pod whose quantities are numbers: Kubernetes writes them in a way of its own.

    Older libraries of Kubernetes write a `creationTimestamp` of nothing.
    """
    text = json.dumps(pod).replace('{"creationTimestamp": null}', "{}")
    copied: dict[str, Any] = json.loads(text)
    for kinds in copied["containers"][0]["resources"].values():
        kinds.update({name: in_number(text) for name, text in kinds.items()})
    return copied


def in_number(text: str) -> Decimal:
    if text.endswith("i"):
        return Decimal(text[:-2]) * 1024 ** (" KMGT".index(text[-2]))
    unit = text.lstrip("0123456789.")
    return Decimal(text.removesuffix(unit)).scaleb(_UNITS[unit])


@pytest.mark.parametrize("name", sorted(NOT_KNOWN))
def test_stand_in_says_what_it_does_not_know(name: str) -> None:
    with pytest.raises(NotKnown):
        workflow_of(CASES[name], VERSIONS["2.17"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedule_is_refused_as_by_the_server(schedule: str, version: str) -> None:
    said = recorded(version)["schedules"][schedule]
    if said is None:
        check_schedule(schedule)
        return
    with pytest.raises(Refused) as refused:
        check_schedule(schedule)
    assert refused.value.message in said
