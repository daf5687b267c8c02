"""Rules on the engine that Beam runs on."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.pipeline.beam_options import beam_engine, beam_options
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.targets.rules import (
    IN_CLUSTER,
    OTHER_BUCKETS,
    VERTEX,
    Finding,
    Level,
    Rules,
    Situation,
    on,
    scheme,
)

MANY_ROWS = 1_000_000
_BEAM: KeyPath = ("environment", "beam_options")
_ON_WORKERS = {"flink", "spark", "portable"}

RULES = Rules()


def _engine(situation: Situation) -> tuple[str, dict[str, str]]:
    words = situation.config.environment.beam_options
    return beam_engine(words), beam_options(words)


@RULES.add(
    f"more than {MANY_ROWS:,} rows in Beam inside the steps",
    on(Level.WARNING, *IN_CLUSTER),
    "Dataflow, or Flink or Spark by their job service",
)
def _many_rows(situation: Situation) -> Iterator[Finding]:
    engine, _ = _engine(situation)
    if not engine and situation.rows is not None and situation.rows > MANY_ROWS:
        rows = f"{situation.rows:,} rows"
        what = f"`environment.beam_options`: {rows} in Beam inside the steps' processes"
        next_step = "give --runner=DataflowRunner, or --runner=PortableRunner with --job_endpoint"
        yield Finding(_BEAM, what, allowed=f"up to {MANY_ROWS:,}", next_step=next_step)


@RULES.add(
    "Dataflow without project, region, temp_location",
    on(Level.ERROR, "local", "ir", "kfp"),
    "Vertex AI: follow from `environment.vertex`",
    VERTEX,
)
def _dataflow_without(situation: Situation) -> Iterator[Finding]:
    engine, options = _engine(situation)
    if engine != "dataflow":
        return
    for name, example in (
        ("project", "my-project"),
        ("region", "us-central1"),
        ("temp_location", "gs://bucket/tmp"),
    ):
        if not options.get(name):
            what = f"`environment.beam_options`: Dataflow needs --{name}"
            yield Finding(_BEAM, what, next_step=f"add --{name}={example}")


@RULES.add(
    "Dataflow with artifacts that are not on `gs://`",
    on(Level.ERROR, "local", "ir", *IN_CLUSTER),
    "`gs://`",
)
def _dataflow_reads_no(situation: Situation) -> Iterator[Finding]:
    engine, _ = _engine(situation)
    said = situation.config.environment.pipeline_root
    if engine == "dataflow" and scheme(said) != "gs":
        what = "`environment.pipeline_root`: Dataflow's machines read Cloud Storage only"
        yield Finding(("environment", "pipeline_root"), what, said, "gs://…")


@RULES.add(
    "Flink, Spark, PortableRunner without an address",
    on(Level.ERROR, *IN_CLUSTER),
    "`--job_endpoint`, `--flink_master`, `--spark_master_url`",
)
def _workers_without(situation: Situation) -> Iterator[Finding]:
    engine, options = _engine(situation)
    needs = {"portable": "job_endpoint", "flink": "flink_master", "spark": "spark_master_url"}
    name = needs.get(engine)
    if name and not options.get(name):
        what = f"`environment.beam_options`: {engine} without --{name} starts one in the step"
        yield Finding(_BEAM, what, next_step=f"add --{name}=<host>:<port>")


@RULES.add(
    "FlinkRunner, SparkRunner (a Java server in the step)",
    on(Level.WARNING, *IN_CLUSTER),
    "PortableRunner and a job service",
)
def _java(situation: Situation) -> Iterator[Finding]:
    engine, _ = _engine(situation)
    if engine in ("flink", "spark"):
        what = f"`environment.beam_options`: the step starts a Java server to submit to {engine}"
        next_step = (
            "use --runner=PortableRunner --job_endpoint=…, or an image with Java and its jar"
        )
        yield Finding(_BEAM, what, f"--runner={engine}", next_step=next_step)


@RULES.add(
    "Beam workers started by Docker, or in the step (LOOPBACK)",
    on(Level.WARNING, *IN_CLUSTER),
    "`--environment_type=EXTERNAL`",
)
def _workers_unreachable(situation: Situation) -> Iterator[Finding]:
    engine, options = _engine(situation)
    kind = options.get("environment_type", "DOCKER").upper()
    if engine in _ON_WORKERS and kind in ("DOCKER", "LOOPBACK"):
        why = "needs Docker beside" if kind == "DOCKER" else "lets Beam's workers call back into"
        where = "each worker" if kind == "DOCKER" else "the step, which they cannot reach"
        what = f"`environment.beam_options`: --environment_type={kind} {why} {where}"
        next_step = "add --environment_type=EXTERNAL --environment_config=localhost:50000"
        yield Finding(_BEAM, what, next_step=next_step)


@RULES.add(
    "Flink, Spark with artifacts on `s3://`, `abfs://`",
    on(Level.ERROR, "ir", "kfp"),
    "`gs://`, or a volume",
    ("local", *VERTEX),
)
def _workers_see_no(situation: Situation) -> Iterator[Finding]:
    engine, _ = _engine(situation)
    said = situation.config.environment.pipeline_root
    if engine in _ON_WORKERS and scheme(said) in OTHER_BUCKETS:
        what = "`environment.pipeline_root`: Beam's workers read and write gs:// and folders only"
        allowed = "gs://…, or a volume that the workers mount at the same path"
        yield Finding(("environment", "pipeline_root"), what, said, allowed)


@RULES.add(
    "Flink, Spark with artifacts on a volume",
    on(Level.WARNING, "kfp"),
    "workers mount it at the same path",
    ("local", *VERTEX),
)
def _workers_mount(situation: Situation) -> Iterator[Finding]:
    engine, _ = _engine(situation)
    said = situation.config.environment.pipeline_root
    if engine in _ON_WORKERS and not is_uri(said) and situation.is_shared(said):
        what = "`environment.pipeline_root`: Beam's workers must mount this volume at this path"
        yield Finding(("environment", "pipeline_root"), what, said)


@RULES.add("other engines of Beam", on(Level.WARNING, "ir", *IN_CLUSTER), "not tested")
def _unknown_engine(situation: Situation) -> Iterator[Finding]:
    engine, _ = _engine(situation)
    if engine not in ("", "dataflow", *_ON_WORKERS):
        what = (
            "`environment.beam_options`: not one of the engines that these targets are tested with"
        )
        allowed = "DirectRunner, DataflowRunner, PortableRunner, FlinkRunner, SparkRunner"
        yield Finding(_BEAM, what, f"--runner={engine}", allowed)
