"""Rules on what Vertex AI is asked for: where, which machines and networks, under which names.

What else differs there: see `pipeline.vertex_part`; what is compiled: `vertex_document_rules`.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.targets.machine_traces import Machine
from tfx_pipeline.targets.rules import (
    HERE,
    VERTEX,
    Finding,
    Level,
    Rules,
    Situation,
    dotted,
    on,
)
from tfx_pipeline.targets.vertex_published import (
    CONTEXT_ID,
    LABEL_WORDS,
    LONGEST_NAME,
    MACHINES_OF_ACCELERATORS,
    REGIONS,
    is_label,
)
from tfx_pipeline.wording import nearest

_JOB: KeyPath = ("environment", "job")
_VERTEX: KeyPath = ("environment", "vertex")
_TRAINING: KeyPath = (*_VERTEX, "training")

RULES = Rules()


@RULES.add(
    "no project or no region",
    on(Level.ERROR, *VERTEX),
    "`environment.vertex.project` and `location`: none is assumed",
    (*HERE, "kfp"),
    "CreatePipelineJobRequest.parent",
)
def _nowhere(situation: Situation) -> Iterator[Finding]:
    vertex = situation.config.environment.vertex
    for field, said, word, example in (
        ("project", vertex.project, "project", "ID"),
        ("location", vertex.location, "region", "europe-west4"),
    ):
        if said is None:
            path: KeyPath = (*_VERTEX, field)
            what = f"`{dotted(path)}` is missing: Vertex AI runs a pipeline in a project's region"
            next_step = f"name the {word} there, or by --set {dotted(path)}={example}"
            yield Finding(path, what, next_step=next_step)


@RULES.add(
    "a region that Google's client does not know",
    on(Level.WARNING, *VERTEX),
    "a newer one may be there all the same",
    (*HERE, "kfp"),
    "aiplatform.constants.base.SUPPORTED_REGIONS",
)
def _unknown_region(situation: Situation) -> Iterator[Finding]:
    said = situation.config.environment.vertex.location
    if said is not None and said not in REGIONS:
        what = "`environment.vertex.location`: not a region of Vertex AI that is known here"
        yield Finding((*_VERTEX, "location"), what, said, next_step=nearest(said, REGIONS))


@RULES.add(
    "labels in another form than Vertex AI's",
    on(Level.ERROR, *VERTEX),
    "lower case, 63 characters",
    (*HERE, "kfp"),
    "PipelineJob.labels",
)
def _labels(situation: Situation) -> Iterator[Finding]:
    for name, value in situation.config.environment.job.labels.items():
        if not is_label(name, value):
            what = "`environment.job.labels`: not a label of Vertex AI"
            yield Finding((*_JOB, "labels", name), what, f"{name}: {value}", LABEL_WORDS)


@RULES.add(
    "an experiment of less than four letters",
    on(Level.ERROR, *VERTEX),
    "4 to 128",
    (*HERE, "kfp"),
    "CreateContextRequest.context_id",
)
def _experiment(situation: Situation) -> Iterator[Finding]:
    said = situation.config.environment.job.experiment
    if said is not None and not CONTEXT_ID.fullmatch(said):
        what = "`environment.job.experiment`: not a name that Vertex AI's metadata takes"
        allowed = "4 to 128 lower-case letters, digits and `-`"
        yield Finding((*_JOB, "experiment"), what, said, allowed)


@RULES.add(
    "a schedule in a time zone that is none",
    on(Level.ERROR, *VERTEX),
    "a name of the IANA time zone database",
    (*HERE, "kfp"),
    "Schedule.cron",
)
def _time_zone(situation: Situation) -> Iterator[Finding]:
    first = (situation.config.environment.job.schedule or "").partition(" ")[0]
    if not first.startswith("TZ="):
        return
    known = zoneinfo.available_timezones()
    zone = first.removeprefix("TZ=")
    if known and zone not in known:  # a machine without the database knows none
        what = "`environment.job.schedule`: there is no such time zone"
        next_step = nearest(zone, sorted(known))
        yield Finding((*_JOB, "schedule"), what, zone, "e.g. Europe/Berlin, UTC", next_step)


@RULES.add(
    "Beam options that name a folder of this machine, or the machine",
    on(Level.ERROR, *VERTEX),
    "URIs, or paths in the image",
    (*HERE, "kfp"),
)
def _beam_of_this_machine(situation: Situation) -> Iterator[Finding]:
    machine = Machine.here(situation.config.root)
    for position, word in enumerate(situation.config.environment.beam_options):
        for trace in machine.traces(word):
            what = "`environment.beam_options`: the steps run on other machines than this one"
            path: KeyPath = ("environment", "beam_options", position)
            yield Finding(path, what, trace, "gs://…", "give a URI, or a path in the image")


def _accelerators(situation: Situation) -> Iterator[tuple[KeyPath, str]]:
    """Give the fields that name accelerators of steps; those of Kubernetes are another rule's."""
    environment = situation.config.environment
    for name in environment.steps:
        step = environment.step(name)
        if step.gpus and "/" not in step.accelerator:
            yield ("environment", "steps", name, "accelerator"), step.accelerator


def _unknown(path: KeyPath, said: str) -> Iterator[Finding]:
    if said not in MACHINES_OF_ACCELERATORS:
        what = f"`{dotted(path)}`: no accelerator that is known here"
        allowed = ", ".join(MACHINES_OF_ACCELERATORS)
        next_step = nearest(said.upper(), MACHINES_OF_ACCELERATORS)
        yield Finding(path, what, said, allowed, next_step)


@RULES.add(
    "accelerators that Vertex AI has not",
    on(Level.WARNING, *VERTEX),
    "names as in `gcloud ai`",
    source="AcceleratorType",
)
def _unknown_of_steps(situation: Situation) -> Iterator[Finding]:
    for path, said in _accelerators(situation):
        yield from _unknown(path, said)


@RULES.add(
    "Vertex Training: an accelerator that Vertex AI has not",
    on(Level.ERROR, "vertex-native"),
    "names as in `gcloud ai`",
    source="MachineSpec.accelerator_type",
)
def _unknown_of_training(situation: Situation) -> Iterator[Finding]:
    training = situation.config.environment.vertex.training
    if training and training.accelerator_type:
        yield from _unknown((*_TRAINING, "accelerator_type"), training.accelerator_type)


@RULES.add(
    "Vertex Training: an accelerator on a machine that cannot have it",
    on(Level.ERROR, "vertex-native"),
    "e.g. NVIDIA_L4 on g2-standard-8",
    source="MachineSpec.machine_type",
)
def _other_machine(situation: Situation) -> Iterator[Finding]:
    training = situation.config.environment.vertex.training
    machines = MACHINES_OF_ACCELERATORS.get(training.accelerator_type or "") if training else None
    if training and machines and not training.machine_type.startswith(machines):
        what = (
            f"`environment.vertex.training`: this machine cannot have {training.accelerator_type}"
        )
        allowed = " or ".join(f"{machine}…" for machine in machines)
        yield Finding((*_TRAINING, "machine_type"), what, training.machine_type, allowed)


@RULES.add(
    "accelerators of a step Trainer that only waits",
    on(Level.ERROR, "vertex-native"),
    "`environment.vertex.training`",
)
def _idle(situation: Situation) -> Iterator[Finding]:
    environment = situation.config.environment
    if environment.vertex.training and environment.step("Trainer").gpus:
        said = environment.steps.get("Trainer")
        owner = "Trainer" if said and "gpus" in said.model_fields_set else "default"
        path: KeyPath = ("environment", "steps", owner, "gpus")
        what = (
            f"`{dotted(path)}`: the step Trainer only waits for the job that trains, and these"
            " would idle"
        )
        next_step = "say environment.steps.Trainer.gpus: 0; the job has its own accelerators"
        yield Finding(path, what, str(environment.step("Trainer").gpus), next_step=next_step)


@RULES.add(
    "push to Vertex AI: fewer machines at most than at least, or a name too long",
    on(Level.ERROR, "vertex-native"),
    "`min_replicas` up to `max_replicas`; 128 characters",
    source="DedicatedResources.max_replica_count, Endpoint.display_name",
)
def _endpoint(situation: Situation) -> Iterator[Finding]:
    push = situation.config.environment.vertex.push
    if push and push.max_replicas < push.min_replicas:
        what = "`environment.vertex.push`: more machines at least than at most"
        path: KeyPath = (*_VERTEX, "push", "max_replicas")
        allowed = f"{push.min_replicas} or more: min_replicas"
        yield Finding(path, what, str(push.max_replicas), allowed)
    if push and push.endpoint is not None and not 0 < len(push.endpoint) <= LONGEST_NAME:
        what = "`environment.vertex.push.endpoint`: not a name of an Endpoint"
        path = (*_VERTEX, "push", "endpoint")
        yield Finding(path, what, push.endpoint[:LONGEST_NAME], f"1 to {LONGEST_NAME} characters")
