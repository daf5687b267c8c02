"""What Kubernetes makes of a pod: what its API server refuses, and what its kubelet fills in.

The names follow k8s.io/kubernetes pkg/apis/core/validation (ValidatePodSpec, ValidateVolumes,
ValidateVolumeMounts); the references in words and variables are its third_party/forked/golang/
expansion.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.emulators.kfp.refusals import Refused

DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
DNS_SUBDOMAIN = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)
_ENVIRONMENT_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?")
_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")
_OPERATORS = ("", "Exists", "Equal", "Lt", "Gt")

Values = Mapping[tuple[str, str], str]
"""Of secrets or config maps, by name and key."""


def check_pod(pod: Mapping[str, Any], labels: Mapping[str, str]) -> None:
    """Refuse what makes the pod of a task one that Kubernetes does not create."""
    main = pod["containers"][0]
    for name, value in labels.items():
        _check(_LABEL_VALUE, value, f"metadata.labels[{name}]")
    _check_volumes([volume["name"] for volume in pod.get("volumes", ())])
    paths = [mount["mountPath"] for mount in main.get("volumeMounts", ())]
    for path in _repeated(paths):
        problem = f'volumeMounts[].mountPath: Invalid value: "{path}": must be unique'
        raise Refused("kubernetes", problem)
    for variable in main.get("env", ()):
        _check_variable(variable)
    for toleration in pod.get("tolerations", ()):
        if toleration.get("operator", "") not in _OPERATORS:
            raise Refused("kubernetes", f"spec.tolerations[].operator: {toleration['operator']}")


def _check_volumes(names: list[str]) -> None:
    for name in names:
        _check(DNS_LABEL, name, "spec.volumes[].name")
    for name in _repeated(names):
        raise Refused("kubernetes", f'spec.volumes[].name: Duplicate value: "{name}"')


def _check_variable(variable: Mapping[str, Any]) -> None:
    _check(_ENVIRONMENT_NAME, variable["name"], "env[].name")
    for source in variable.get("valueFrom", {}).values():
        if "key" in source:
            _check(DNS_SUBDOMAIN, source.get("name", ""), "env[].valueFrom.name")


def _repeated(names: list[str]) -> list[str]:
    return sorted(name for name in set(names) if names.count(name) > 1)


def _check(pattern: re.Pattern[str], text: str, place: str) -> None:
    if not pattern.fullmatch(text):
        raise Refused("kubernetes", f'{place}: Invalid value: "{text}"')


def environment(
    pod: Mapping[str, Any], fields: Mapping[str, str], secrets: Values, config_maps: Values
) -> dict[str, str]:
    """Give the variables of a container, with what they refer to.

    Raises:
        Refused: by `kubernetes`, for a secret or key that is not there: its pod never starts.
    """
    found: dict[str, str] = {}
    for variable in pod["containers"][0].get("env", ()):
        name, source = variable["name"], variable.get("valueFrom", {})
        if "secretKeyRef" in source:
            value = _held(secrets, source["secretKeyRef"], "secret")
        elif "configMapKeyRef" in source:
            value = _held(config_maps, source["configMapKeyRef"], "configmap")
        elif "fieldRef" in source:
            value = fields[source["fieldRef"]["fieldPath"]]
        else:
            value = expanded(variable.get("value", ""), found)
        if value is not None:
            found[name] = value
    return found


def _held(values: Values, key: Mapping[str, Any], kind: str) -> str | None:
    held = values.get((key["name"], key["key"]))
    if held is None and not key.get("optional"):
        raise Refused("kubernetes", f"couldn't find key {key['key']} in {kind} {key['name']}")
    return held


def expanded(text: str, variables: Mapping[str, str]) -> str:
    """Replace `$(NAME)` of a variable that there is; `$$` is a dollar."""

    def value(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else variables.get(match[1], match[0])

    return _REFERENCE.sub(value, text)
