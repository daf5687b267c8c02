"""Rules on what a target ignores, and on forms that only some targets take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tfx_pipeline.config.sections.orchestrators import JobConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.rules import (
    HERE,
    IN_CLUSTER,
    VERTEX,
    Finding,
    Level,
    Rule,
    Situation,
    Target,
    dotted,
    on,
)

_ACCOUNT_OF_KUBERNETES = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_ACCOUNT_OF_GOOGLE = re.compile(r"[a-z0-9-]+@[a-z0-9.-]+\.(gserviceaccount\.com|google\.com)")
_LABEL_OF_VERTEX = (re.compile(r"[a-z][a-z0-9_-]{0,62}"), re.compile(r"[a-z0-9_-]{0,63}"))
_WORD = r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)"
_LABEL_OF_KUBERNETES = (
    re.compile(rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_WORD}"),
    re.compile(rf"{_WORD}?"),
)
_CRON_NAMES = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT"
_CRON_PART = rf"(\*|\?|(\d{{1,2}}|{_CRON_NAMES})(-(\d{{1,2}}|{_CRON_NAMES}))?)(/\d{{1,2}})?"
_CRON_FIELD = re.compile(rf"{_CRON_PART}(,{_CRON_PART})*", re.IGNORECASE)
# What the image itself has there; see deploy/image/Dockerfile.
_FOLDERS_OF_THE_IMAGE = ("/bin", "/etc", "/home", "/lib", "/opt", "/pipeline", "/usr")


def _is_said(value: Any) -> bool:
    return value not in (None, (), {}, 0, "")


def _ignored(
    feature: str,
    path: KeyPath,
    targets: tuple[Target, ...],
    why: str,
    instead: str,
    absent: tuple[Target, ...] = (),
) -> Rule:
    """Make the rule of a field that these targets do nothing with."""

    def find(situation: Situation) -> Iterator[Finding]:
        value: Any = situation.config
        for name in path:
            value = getattr(value, str(name))
        if _is_said(value):
            what = f"`{dotted(path)}` is ignored: {why}"
            yield Finding(path, what, next_step=instead)

    return Rule(feature, on(Level.IGNORED, *targets), find, instead, absent)


def _steps_that_say(field: str, situation: Situation) -> Iterator[tuple[KeyPath, Any]]:
    for name, step in situation.config.environment.steps.items():
        if field in step.model_fields_set and _is_said(getattr(step, field)):
            yield ("environment", "steps", name, field), getattr(step, field)


def _node_selector(situation: Situation) -> Iterator[Finding]:
    for path, _ in _steps_that_say("node_selector", situation):
        what = f"`{dotted(path)}` is ignored: Vertex AI chooses the machine"
        yield Finding(path, what, next_step="say cpu, memory and gpus")


def _accelerator(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    for name in environment.steps:
        step = environment.step(name)
        is_resource = "/" in step.accelerator
        if step.gpus == 0 or is_resource == (situation.target == "kfp"):
            continue
        path: KeyPath = ("environment", "steps", name, "accelerator")
        what = f"`environment.steps.{name}.accelerator` is none of this target"
        allowed = "e.g. nvidia.com/gpu" if situation.target == "kfp" else "e.g. NVIDIA_TESLA_T4"
        yield Finding(path, what, step.accelerator, allowed)


def _account(situation: Situation) -> Iterator[Finding]:
    account = situation.config.environment.service_account
    if account is None:
        return
    form, allowed = (
        (_ACCOUNT_OF_KUBERNETES, "the name of a ServiceAccount, e.g. tfx-pipeline")
        if situation.target == "kfp"
        else (_ACCOUNT_OF_GOOGLE, "name@project.iam.gserviceaccount.com")
    )
    if not form.fullmatch(account):
        what = "`environment.service_account` is none of this target"
        yield Finding(("environment", "service_account"), what, account, allowed)


def _labels(situation: Situation) -> Iterator[Finding]:
    name_form, value_form = _LABEL_OF_KUBERNETES if situation.target == "kfp" else _LABEL_OF_VERTEX
    allowed = (
        "63 letters, digits, `-`, `_`, `.` that begin and end with a letter or a digit"
        if situation.target == "kfp"
        else "63 lower-case letters, digits, `_`, `-`; names begin with a letter"
    )
    for name, value in situation.config.environment.job.labels.items():
        if not (name_form.fullmatch(name) and value_form.fullmatch(value)):
            path: KeyPath = ("environment", "job", "labels", name)
            what = "`environment.job.labels`: not a label of this target"
            yield Finding(path, what, f"{name}: {value}", allowed)


def _schedule(situation: Situation) -> Iterator[Finding]:
    said = situation.config.environment.job.schedule
    if said is None:
        return
    fields = said.split()
    fields = fields[1:] if fields[0].startswith("TZ=") else fields
    lengths = (5, 6) if situation.target == "kfp" else (5,)
    if len(fields) not in lengths or not all(map(_CRON_FIELD.fullmatch, fields)):
        with_seconds = "; six begin with the second" if situation.target == "kfp" else ""
        allowed = f"minute hour day month weekday, after TZ=… or alone{with_seconds}"
        path: KeyPath = ("environment", "job", "schedule")
        yield Finding(path, "`environment.job.schedule` is no cron of this target", said, allowed)


def _same_twice(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    for section, field, values in (
        ("secrets", "env", [secret.env for secret in environment.secrets]),
        ("volumes", "mount_path", [x.mount_path.rstrip("/") for x in environment.volumes]),
    ):
        for position, value in enumerate(values):
            if value in values[:position]:
                path: KeyPath = ("environment", section, position, field)
                yield Finding(path, f"`environment.{section}`: {field} is given twice", value)


def _covering(situation: Situation) -> Iterator[Finding]:
    for position, volume in enumerate(situation.config.environment.volumes):
        first = "/" + volume.mount_path.strip("/").partition("/")[0]
        if first == "/" or (first in _FOLDERS_OF_THE_IMAGE and volume.mount_path.count("/") < 3):
            path: KeyPath = ("environment", "volumes", position, "mount_path")
            what = "`environment.volumes`: this hides a folder of the image"
            next_step = "mount it below /mnt, e.g. /mnt/pipeline"
            yield Finding(path, what, volume.mount_path, next_step=next_step)


def _no_project(situation: Situation) -> Iterator[Finding]:
    vertex = situation.config.environment.vertex
    if vertex.project is None and (vertex.training or vertex.push):
        field = "training" if vertex.training else "push"
        what = f"`environment.vertex.{field}` needs `environment.vertex.project`"
        yield Finding(("environment", "vertex", field), what, next_step="give vertex.project")


def _job(situation: Situation) -> Iterator[Finding]:
    default = JobConfig()
    for field in ("experiment", "labels", "schedule"):
        if getattr(situation.config.environment.job, field) != getattr(default, field):
            what = f"`environment.job.{field}` is ignored: nothing is submitted"
            yield Finding(("environment", "job", field), what)


_ENV = "environment"
_GENERIC_ONLY = "say environment.vertex.rendering: generic, which takes them"

RULES = (
    _ignored(
        "secrets",
        (_ENV, "secrets"),
        VERTEX,
        "Vertex AI has none of Kubernetes",
        "the image's own",
        HERE,
    ),
    _ignored("volumes", (_ENV, "volumes"), VERTEX, "Vertex AI mounts no claim", "`gs://`", HERE),
    Rule(
        "steps: node_selector",
        on(Level.IGNORED, *VERTEX),
        _node_selector,
        "cpu, memory and gpus choose the machine",
        HERE,
    ),
    Rule(
        "steps: accelerator of another target",
        on(Level.ERROR, *IN_CLUSTER),
        _accelerator,
        "`kfp`: nvidia.com/gpu; Vertex: NVIDIA_TESLA_T4",
        HERE,
    ),
    Rule(
        "service account of another target",
        on(Level.ERROR, *IN_CLUSTER),
        _account,
        "of Kubernetes, or an address of Google's",
        HERE,
    ),
    _ignored(
        "runtime parameters",
        (_ENV, "runtime_parameters"),
        ("vertex-native",),
        "their values are compiled in",
        _GENERIC_ONLY,
        ("local",),
    ),
    _ignored(
        "Vertex Training",
        (_ENV, "vertex", "training"),
        ("local", "ir", "kfp", "vertex-generic"),
        "the Trainer trains in its own step",
        "say environment.steps.Trainer",
    ),
    _ignored(
        "push to Vertex AI's Model Registry and Endpoint",
        (_ENV, "vertex", "push"),
        ("local", "ir", "kfp", "vertex-generic"),
        "the model is pushed to push.base_directory only",
        "say environment.vertex.rendering: native, or leave it out",
    ),
    Rule(
        "Vertex Training, or push to Vertex AI, and no project",
        on(Level.ERROR, "vertex-native"),
        _no_project,
        "`environment.vertex.project`",
        (*HERE, "kfp", "vertex-generic"),
    ),
    Rule(
        "experiment, labels, schedule",
        on(Level.IGNORED, "local", "ir"),
        _job,
        "they belong to a run that is submitted",
    ),
    Rule(
        "labels in another form", on(Level.ERROR, *IN_CLUSTER), _labels, "the target's form", HERE
    ),
    Rule(
        "schedule in another form",
        on(Level.ERROR, *IN_CLUSTER),
        _schedule,
        "five fields; `kfp`: or six",
        HERE,
    ),
    Rule(
        "two secrets or volumes at one place",
        on(Level.ERROR, "kfp"),
        _same_twice,
        "each variable and path once",
        (*HERE, *VERTEX),
    ),
    Rule(
        "a volume over a folder of the image",
        on(Level.WARNING, "kfp"),
        _covering,
        "below /mnt",
        (*HERE, *VERTEX),
    ),
)
