"""What the API server refuses of a template, of a run and of a schedule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.emulators.kfp.refusals import Refused

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NO_FORMAT = "unknown template format: pipeline spec is invalid"
_KINDS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "NUMBER_DOUBLE": ("double or integer", (int, float)),
    "NUMBER_INTEGER": ("double or integer", (int, float)),
    "STRING": ("string", str),
    "BOOLEAN": ("bool", bool),
    "LIST": ("list", list),
    "STRUCT": ("struct", dict),
}


@dataclass(frozen=True)
class Template:
    """A pipeline: its spec, and what its platform spec says of Kubernetes, by executor."""

    spec: dict[str, Any]
    kubernetes: dict[str, Any]

    @property
    def tasks(self) -> dict[str, Any]:
        """Tasks by name."""
        tasks: dict[str, Any] = self.spec["root"]["dag"]["tasks"]
        return tasks

    def executor(self, task: str) -> str:
        """Name the executor of a task."""
        component = self.spec["components"][self.tasks[task]["componentRef"]["name"]]
        return str(component["executorLabel"])

    def container(self, task: str) -> dict[str, Any]:
        """Give the container of a task."""
        executors = self.spec["deploymentSpec"]["executors"]
        container: dict[str, Any] = executors[self.executor(task)]["container"]
        return container


def read_template(text: str) -> Template:
    """Read what is uploaded, as template/v2_template.go, NewV2SpecTemplate.

    Its pattern for names is not anchored: any small letter or digit will do.
    """
    spec: dict[str, Any] | None = None
    platform: dict[str, Any] | None = None
    documents = [document for document in yaml.safe_load_all(text) if document is not None]
    if not any(_is_pipeline(document) for document in documents):
        raise Refused("template", _NO_FORMAT)
    for document in documents:
        if _is_pipeline(document):
            if spec is not None:
                raise Refused("template", "multiple pipeline specs provided")
            spec = _checked(document)
        elif _is_kubernetes(document):
            if platform is not None:
                raise Refused("template", "multiple platform specs provided")
            platform = document
    assert spec is not None
    kubernetes = (platform or {"platforms": {"kubernetes": {}}})["platforms"]["kubernetes"]
    return Template(spec, kubernetes.get("deploymentSpec", {}).get("executors", {}))


def _is_pipeline(document: Any) -> bool:
    """Tell a pipeline by its fields (template/template.go, inferTemplateFormat)."""
    if not _fits(document, "PipelineSpec"):
        return False
    return bool(document.get("pipelineInfo", {}).get("name")) and "root" in document


def _is_kubernetes(document: Any) -> bool:
    return _fits(document, "PlatformSpec") and "kubernetes" in document.get("platforms", {})


def _fits(document: Any, message: str) -> bool:
    """Tell whether protobuf reads it, and knows all fields; what an executor says is not read."""
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2

    try:
        json_format.ParseDict(document, getattr(pipeline_spec_pb2, message)())
    except (json_format.ParseError, AttributeError):
        return False
    return True


def _checked(spec: dict[str, Any]) -> dict[str, Any]:
    version = spec.get("schemaVersion", "")
    if version != "2.1.0":
        only = "KFP only supports schema version 2.1.0, but the pipeline spec has version"
        raise Refused("template", f"{only} {version}".rstrip())
    if not _NAME.search(spec["pipelineInfo"]["name"]):
        raise Refused("template", "name should consist of lower case alphanumeric characters")
    return spec


def checked_parameters(template: Template, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check the values of a run (v2_template.go, validatePipelineJobInputs), and add defaults.

    Numbers are doubles from here on, and one of 5.5 passes for an integer. The defaults are not
    looked at (argocompiler/argo.go, Compile).
    """
    declared = template.spec["root"].get("inputDefinitions", {}).get("parameters", {})
    for name, definition in declared.items():
        if name in given:
            _check_kind(name, definition["parameterType"], given[name])
        elif not definition.get("isOptional") and "defaultValue" not in definition:
            raise Refused("run", f"parameter {name} is not optional, yet has neither default value")
    if unknown := sorted(set(given) - set(declared)):
        problem = "parameter(s) provided are not required by pipeline"
        raise Refused("run", f"{problem}: {', '.join(unknown)}")
    defaults = {k: v["defaultValue"] for k, v in declared.items() if "defaultValue" in v}
    return {**defaults, **given}


def _check_kind(name: str, kind: str, value: Any) -> None:
    said, python = _KINDS[kind]
    is_flag_for_number = isinstance(value, bool) and kind.startswith("NUMBER")
    if is_flag_for_number or not isinstance(value, python):
        raise Refused("run", f"input parameter {name} requires type {said}")
