"""What the driver makes of a task: the values of its inputs, and the pod it is to run in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.emulators.kfp import numbers
from tests.emulators.kfp.compiler import Task, Workflow, check_kubernetes_fields
from tests.emulators.kfp.kubernetes_config import extend_pod, quantity
from tests.emulators.kfp.refusals import NotKnown, Refused
from tests.emulators.kfp.versions import Version

_INPUT = re.compile(r"\{\{\$\.inputs\.parameters\['(.+?)'\]\}\}")
_KINDS = {
    "NUMBER_DOUBLE": (int, float),
    "NUMBER_INTEGER": (int, float),
    "BOOLEAN": (bool,),
    "LIST": (list,),
    "STRUCT": (dict,),
}


@dataclass(frozen=True)
class Run:
    """What the driver is told of a run."""

    run_id: str
    name: str = "recorded-abcde"
    display_name: str = "recorded"


@dataclass(frozen=True)
class Driven:
    """What comes of a task: values by input, and the patch of its pod without the launcher."""

    inputs: dict[str, Any]
    pod: dict[str, Any]


def drive(workflow: Workflow, task: Task, run: Run, version: Version) -> Driven:
    """Do driver.Container (driver/driver.go at 2.4.1, driver/container.go at 2.17)."""
    check_kubernetes_fields(task.kubernetes, version)
    if not task.spec.get("taskInfo", {}).get("name"):
        raise Refused("driver", "invalid container driver args: task spec is required")
    inputs = _inputs(workflow, task, run, version)
    container = {
        "name": "main",
        "args": _words(task.container, inputs, version),
        "env": [_variable(pair) for pair in task.container.get("env", ())],
        "image": _filled_alone(task.container["image"], inputs),
        "resources": _resources(task.container.get("resources", {}), inputs),
    }
    pod: dict[str, Any] = {"containers": [container]}
    extend_pod(pod, task.kubernetes, version)
    return Driven(inputs, _without_nothing(pod))


def _inputs(workflow: Workflow, task: Task, run: Run, version: Version) -> dict[str, Any]:
    """Do resolveInputs (driver/resolve.go)."""
    found = {}
    declared = task.component.get("inputDefinitions", {}).get("parameters", {})
    for name, source in task.spec.get("inputs", {}).get("parameters", {}).items():
        if "componentInputParameter" in source:
            outer = source["componentInputParameter"]
            if outer not in workflow.parameters:
                raise Refused("driver", f"parent DAG does not have input parameter {outer}")
            value = workflow.parameters[outer]
            if value is None and declared.get(name, {}).get("isOptional"):
                continue
            found[name] = value
        elif "runtimeValue" in source:
            found[name] = _constant(source["runtimeValue"]["constant"], task, run, version)
        else:
            raise NotKnown(f"{task.name}: input {name} of {sorted(source)}")
    for name, definition in declared.items():
        if name in found or not definition.get("isOptional"):
            found[name] = _converted(name, definition, found)
    return found


def _constant(value: Any, task: Task, run: Run, version: Version) -> Any:
    if not version.constants_are_filled or not isinstance(value, str):
        return value
    known = {
        "{{$.pipeline_job_name}}": run.display_name,
        "{{$.pipeline_job_resource_name}}": run.name,
        "{{$.pipeline_job_uuid}}": run.run_id,
        "{{$.pipeline_task_name}}": task.name,
    }
    return known.get(value, value)


def _converted(name: str, definition: Mapping[str, Any], found: Mapping[str, Any]) -> Any:
    """Make a text of what is to be one, refuse another kind (…ParamTypeValidationAndConversion)."""
    kind, value = definition["parameterType"], found.get(name)
    if name not in found and "defaultValue" not in definition:
        problem = "neither value nor default value provided for non-optional parameter"
        raise Refused("driver", f'{problem} "{name}"')
    if kind == "STRING":
        return value if isinstance(value, str) else numbers.by_launcher(value)
    if name not in found:
        raise Refused("driver", f"parameter {name} has unknown protobuf.Value type: <nil>")
    is_flag = isinstance(value, bool)
    if is_flag != (kind == "BOOLEAN") or not isinstance(value, _KINDS[kind]):
        raise Refused("driver", f'input parameter "{name}" type mismatch: expect {kind}')
    return value


def _words(container: Mapping[str, Any], inputs: Mapping[str, Any], version: Version) -> list[str]:
    """Give command and arguments (initPodSpecPatch); 2.17 fills them in (resolveContainerArgs)."""
    words = [*container.get("command", ()), *container.get("args", ())]
    if not version.driver_fills_arguments:
        return words
    return [_filled(word, inputs) for word in words]


def _filled(word: str, inputs: Mapping[str, Any]) -> str:
    if "$.outputs" in word:
        return word
    if word.strip().startswith('{"IfPresent":'):
        raise NotKnown(word)

    def value(match: re.Match[str]) -> str:
        if match[1] not in inputs:
            raise Refused("driver", f'parameter "{match[1]}" not found in executor input')
        return numbers.by_driver(inputs[match[1]])

    return _INPUT.sub(value, word)


def _filled_alone(text: str, inputs: Mapping[str, Any]) -> str:
    """Do resolvePodSpecInputRuntimeParameter, for what we write: texts without placeholders."""
    if _INPUT.search(text):
        raise NotKnown(text)
    return text


def _variable(pair: Mapping[str, str]) -> dict[str, str]:
    """Give a variable as it is written: nothing is replaced in it; an empty one has no value."""
    value = pair.get("value", "")
    return {"name": pair["name"], **({"value": value} if value else {})}


def _resources(resources: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Do getPodResource: the newer field, a text, wins; the older is a number of GB or CPUs."""
    found: dict[str, Any] = {}
    for kind in ("limit", "request"):
        for name, unit in (("memory", "G"), ("cpu", "")):
            newer = resources.get(f"resource{name.title()}{kind.title()}", "")
            older = resources.get(f"{name}{kind.title()}", 0)
            if newer or older:
                text = newer or f"{numbers.percent_g(older)}{unit}"
                found.setdefault(f"{kind}s", {})[name] = quantity(_filled_alone(text, inputs))
    accelerator = resources.get("accelerator", {})
    name = accelerator.get("resourceType") or accelerator.get("type")
    count = accelerator.get("resourceCount") or accelerator.get("count")
    if name and count:
        found.setdefault("limits", {})[name] = quantity(str(count))
    return found


def _without_nothing(pod: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Go's omitempty does."""
    container = pod["containers"][0]
    for holder, names in ((container, ("args", "env", "volumeMounts")), (pod, ("volumes",))):
        for name in names:
            if not holder.get(name):
                holder.pop(name, None)
    return json.loads(json.dumps(pod))  # type: ignore[no-any-return]
