"""Rules on the job that is submitted: its labels and schedule, and what its steps are given."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tfx_pipeline.config.sections.orchestrators import JobConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.rules import (
    HERE,
    IN_CLUSTER,
    VERTEX,
    Finding,
    Level,
    Rules,
    Situation,
    on,
)

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

RULES = Rules()


@RULES.add(
    "experiment, labels, schedule",
    on(Level.IGNORED, "local", "ir"),
    "they belong to a run that is submitted",
)
def _job(situation: Situation) -> Iterator[Finding]:
    default = JobConfig()
    for field in ("experiment", "labels", "schedule"):
        if getattr(situation.config.environment.job, field) != getattr(default, field):
            what = f"`environment.job.{field}` is ignored: nothing is submitted"
            yield Finding(("environment", "job", field), what)


@RULES.add(
    "labels in another form than Kubernetes'",
    on(Level.ERROR, "kfp"),
    "63 characters",
    (*HERE, *VERTEX),
)
def _labels(situation: Situation) -> Iterator[Finding]:
    name_form, value_form = _LABEL_OF_KUBERNETES
    allowed = "63 letters, digits, `-`, `_`, `.` that begin and end with a letter or a digit"
    for name, value in situation.config.environment.job.labels.items():
        if not (name_form.fullmatch(name) and value_form.fullmatch(value)):
            path: KeyPath = ("environment", "job", "labels", name)
            what = "`environment.job.labels`: not a label of this target"
            yield Finding(path, what, f"{name}: {value}", allowed)


@RULES.add(
    "schedule in another form", on(Level.ERROR, *IN_CLUSTER), "five fields; `kfp`: or six", HERE
)
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


@RULES.add(
    "two secrets or volumes at one place",
    on(Level.ERROR, "kfp"),
    "each variable and path once",
    (*HERE, *VERTEX),
)
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


@RULES.add(
    "a volume over a folder of the image", on(Level.WARNING, "kfp"), "below /mnt", (*HERE, *VERTEX)
)
def _covering(situation: Situation) -> Iterator[Finding]:
    for position, volume in enumerate(situation.config.environment.volumes):
        first = "/" + volume.mount_path.strip("/").partition("/")[0]
        if first == "/" or (first in _FOLDERS_OF_THE_IMAGE and volume.mount_path.count("/") < 3):
            path: KeyPath = ("environment", "volumes", position, "mount_path")
            what = "`environment.volumes`: this hides a folder of the image"
            next_step = "mount it below /mnt, e.g. /mnt/pipeline"
            yield Finding(path, what, volume.mount_path, next_step=next_step)
