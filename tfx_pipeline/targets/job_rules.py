"""Rules on the job that is submitted: its labels and its schedule."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.config.sections.kubernetes import LABEL_KEY, LABEL_VALUE
from tfx_pipeline.config.sections.orchestrators import JobConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.cron import with_seconds, wrong_for_kubeflow, wrong_for_vertex
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

_SCHEDULE: KeyPath = ("environment", "job", "schedule")

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
    for name, value in situation.config.environment.job.labels.items():
        for form, text, part in ((LABEL_KEY, name, "name"), (LABEL_VALUE, value, "value")):
            if not form.fits(text):
                path: KeyPath = ("environment", "job", "labels", name)
                what = f"`environment.job.labels`: not a label of this target, by its {part}"
                yield Finding(path, what, f"{name}: {value}", form.words)
                break


@RULES.add(
    "schedule with a time zone",
    on(Level.ERROR, "kfp"),
    "the time of the cluster's controller",
    HERE,
)
def _time_zone(situation: Situation) -> Iterator[Finding]:
    said = situation.config.environment.job.schedule or ""
    if said.startswith("TZ="):
        what = "`environment.job.schedule`: Kubeflow Pipelines takes no time zone"
        next_step = (
            "say it in the time zone of the cluster's controller (UTC unless"
            " CRON_SCHEDULE_TIMEZONE is set)"
        )
        yield Finding(_SCHEDULE, what, said, "the fields of cron alone", next_step)


@RULES.add(
    "schedule in another form",
    on(Level.ERROR, *IN_CLUSTER),
    "five fields; `kfp`: six, or `@daily`, as well",
    HERE,
)
def _form(situation: Situation) -> Iterator[Finding]:
    said = situation.config.environment.job.schedule
    if said is None:
        return
    allowed = "minute hour day month weekday, after TZ=… or alone"
    why = None
    if situation.target != "kfp":
        why = wrong_for_vertex(said)
    elif not said.startswith("TZ="):  # of which another rule speaks
        allowed = "minute hour day month weekday, or the second before them, or @daily"
        why = wrong_for_kubeflow(with_seconds(said))
    if why is not None:
        what = f"`environment.job.schedule` is no cron of this target: {why}"
        yield Finding(_SCHEDULE, what, said, allowed)
