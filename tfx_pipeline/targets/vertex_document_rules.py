"""Rules on what was compiled for Vertex AI: a PipelineJob, or the pipeline that one is made of.

They are applied once it is there, before anything is written or sent; a place is then one in the
document. Types without a module are those of `google.cloud.aiplatform_v1.types`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.machine_traces import Machine
from tfx_pipeline.targets.rules import HERE, VERTEX, Finding, Level, Rules, Situation, on
from tfx_pipeline.targets.vertex_published import (
    JOB_NAME,
    LABEL_WORDS,
    LONGEST_NAME,
    MOST_VARIABLES,
    VARIABLE,
    is_label,
)

RULES = Rules()
_ABSENT = (*HERE, "kfp")


def _spec(document: Mapping[str, Any]) -> tuple[KeyPath, Mapping[str, Any]]:
    """Give the pipeline of a PipelineJob with its path, or the pipeline itself."""
    if "pipelineSpec" in document:
        return ("pipelineSpec",), document["pipelineSpec"]
    return (), document


def _executors(document: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    path, spec = _spec(document)
    for name, executor in spec.get("deploymentSpec", {}).get("executors", {}).items():
        if "container" in executor:
            yield (*path, "deploymentSpec", "executors", name, "container"), executor["container"]


def _texts(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Give every text of the document: names and values."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield path, str(key)
            yield from _texts(each, (*path, key))
    elif isinstance(value, (list, tuple)):
        for position, each in enumerate(value):
            yield from _texts(each, (*path, position))


@RULES.add(
    "compiled: fields that the pipeline's types have not",
    on(Level.ERROR, *VERTEX),
    "report it",
    _ABSENT,
    "kfp.pipeline_spec: PipelineJob, PipelineSpec, PipelineDeploymentConfig",
)
def _unknown_fields(situation: Situation) -> Iterator[Finding]:
    if situation.document is None:
        return
    from google.protobuf import json_format
    from kfp.pipeline_spec import pipeline_spec_pb2 as types

    path, spec = _spec(situation.document)
    parts: list[tuple[KeyPath, Any, Any]] = [
        (path, spec, types.PipelineSpec()),
        (
            (*path, "deploymentSpec"),
            spec.get("deploymentSpec", {}),
            types.PipelineDeploymentConfig(),
        ),
    ]
    if path:
        parts.append(((), situation.document, types.PipelineJob()))
    for place, part, message in parts:
        try:
            json_format.ParseDict(part, message)
        except json_format.ParseError as error:
            what = f"the type {message.DESCRIPTOR.name} cannot have this"
            yield Finding(place or ("PipelineJob",), what, str(error)[:400])


@RULES.add(
    "compiled: fields that a custom job has not",
    on(Level.ERROR, "vertex-native"),
    "report it",
    (*_ABSENT, "vertex-generic"),
    "CustomJob, CustomJobSpec, WorkerPoolSpec, MachineSpec, ContainerSpec, Scheduling",
)
def _unknown_job(situation: Situation) -> Iterator[Finding]:
    document, training = situation.document, situation.config.environment.vertex.training
    if document is None or training is None:
        return
    from google.cloud.aiplatform_v1.types import CustomJob

    tasks = _spec(document)[1].get("root", {}).get("dag", {}).get("tasks", {})
    parameters = tasks.get("Trainer", {}).get("inputs", {}).get("parameters", {})
    path: KeyPath = ("environment", "vertex", "training")
    try:
        settings = json.loads(parameters["custom_config"]["runtimeValue"]["constant"])
        job = dict(settings["ai_platform_training_args"])
        job.pop("project")  # of the parent
        CustomJob(job)
    except (KeyError, TypeError, ValueError) as error:
        what = "the job that trains is none that the type CustomJob can have"
        yield Finding(path, what, f"{type(error).__name__}: {error}"[:400])


@RULES.add(
    "compiled: more than 100 variables in a container, or a name that is none",
    on(Level.ERROR, *VERTEX),
    "an identifier of C",
    _ABSENT,
    "ContainerSpec.env, EnvVar.name",
)
def _variables(situation: Situation) -> Iterator[Finding]:
    for path, container in _executors(situation.document or {}):
        names = [str(x.get("name", "")) for x in container.get("env", ())]
        if len(names) > MOST_VARIABLES:
            what = "more environment variables than Vertex AI gives a container"
            yield Finding((*path, "env"), what, str(len(names)), f"{MOST_VARIABLES} at most")
        for name in names:
            if not VARIABLE.fullmatch(name):
                what = "not the name of an environment variable"
                yield Finding((*path, "env"), what, name, "letters, digits, `_`; no digit first")


@RULES.add(
    "compiled: names and labels in another form",
    on(Level.ERROR, *VERTEX),
    "128 characters; labels as above",
    _ABSENT,
    "PipelineJob.display_name, PipelineJob.labels, CreatePipelineJobRequest.pipeline_job_id",
)
def _names(situation: Situation) -> Iterator[Finding]:
    document = situation.document
    if document is None:
        return
    path, spec = _spec(document)
    name = spec.get("pipelineInfo", {}).get("name", "")
    if not JOB_NAME.fullmatch(name):
        allowed = "lower-case letters, digits and `-`, a letter first; 128 at most"
        yield Finding((*path, "pipelineInfo", "name"), "a run's id begins with it", name, allowed)
    shown = document.get("displayName", "") if path else ""
    if len(shown) > LONGEST_NAME:
        yield Finding(("displayName",), "too long", shown, f"{LONGEST_NAME} characters")
    for label, value in (document.get("labels", {}) if path else {}).items():
        if not is_label(label, value):
            what = "not a label of Vertex AI"
            yield Finding(("labels", label), what, f"{label}: {value}", LABEL_WORDS)


@RULES.add(
    "compiled: outputs outside of Cloud Storage",
    on(Level.ERROR, "vertex-native"),
    "`gs://`",
    (*_ABSENT, "vertex-generic"),
    "PipelineJob.RuntimeConfig.gcs_output_directory",
)
def _outputs(situation: Situation) -> Iterator[Finding]:
    if situation.document is not None:
        said = situation.document.get("runtimeConfig", {}).get("gcsOutputDirectory", "")
        if not said.startswith("gs://"):
            path: KeyPath = ("runtimeConfig", "gcsOutputDirectory")
            yield Finding(path, "Vertex AI keeps outputs in a bucket", said, "gs://…")


@RULES.add(
    "compiled: folders, SQLite files or the name of this machine",
    on(Level.ERROR, *VERTEX),
    "URIs, or paths in the image",
    _ABSENT,
    "each container runs on a machine of Google's: ContainerSpec",
)
def _of_this_machine(situation: Situation) -> Iterator[Finding]:
    machine = Machine.here(situation.config.root)
    for path, text in _texts(situation.document):
        for trace in machine.traces(text):
            what = "this is of the machine that compiled it, and the steps run on others"
            next_step = "give a URI, or a path in the image, wherever the configuration says this"
            yield Finding(path, what, trace, "gs://…", next_step)


@RULES.add(
    "compiled: other absolute paths",
    on(Level.WARNING, *VERTEX),
    "they must be in the image",
    _ABSENT,
    "ContainerSpec.image_uri",
)
def _paths(situation: Situation) -> Iterator[Finding]:
    machine = Machine.here(situation.config.root)
    for path, text in _texts(situation.document):
        for each in machine.other_paths(text):
            yield Finding(path, "an absolute path: it must be in the image", each)
