"""Rules on the engine that Beam runs on."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.deployment.loopback import is_loopback
from tfx_pipeline.pipeline.beam_options import all_beam_options, beam_engine, beam_options
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.targets.rules import (
    IN_CLUSTER,
    OTHER_BUCKETS,
    VERTEX,
    Finding,
    Level,
    Rules,
    Situation,
    dotted,
    on,
    scheme,
)

MANY_ROWS = 1_000_000
_BEAM: KeyPath = ("environment", "beam_options")
_SECTION: KeyPath = ("environment", "beam")
_ON_WORKERS = {"flink", "spark", "portable"}

RULES = Rules()


def _engine(situation: Situation) -> tuple[str, dict[str, str]]:
    words = all_beam_options(situation.config)
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
        what = f"`environment.beam.engine`: {rows} in Beam inside the steps' processes"
        next_step = "say environment.beam.engine: flink, spark or dataflow (docs/beam.md)"
        yield Finding(_SECTION, what, allowed=f"up to {MANY_ROWS:,}", next_step=next_step)


@RULES.add(
    "Dataflow, whose machines do not see this one's folders",
    on(Level.ERROR, "local"),
    "`tfx-pipeline node`, or another target",
    ("ir", *IN_CLUSTER),
)
def _dataflow_sees_no(situation: Situation) -> Iterator[Finding]:
    engine, _ = _engine(situation)
    if engine == "dataflow":
        what = "`environment.beam.engine`: Dataflow's machines see no folder of this machine"
        next_step = "compile --target ir with environment.pipeline_root on gs://, and run its steps"
        yield Finding((*_SECTION, "engine"), what, "dataflow", next_step=next_step)


@RULES.add(
    "Dataflow without project and region, or with temp_location elsewhere than on `gs://`",
    on(Level.ERROR, "ir", "kfp"),
    "Vertex AI: follow from `environment.vertex`",
    ("local", *VERTEX),
)
def _dataflow_without(situation: Situation) -> Iterator[Finding]:
    engine, options = _engine(situation)
    if engine != "dataflow":
        return
    for name, example in (("project", "my-project"), ("region", "us-central1")):
        if not options.get(name):
            path = (*_SECTION, "dataflow", name)
            what = f"`{dotted(path)}`: Dataflow needs a {name}"
            yield Finding(path, what, next_step=f"say it, e.g. {example}")
    temporary = options.get("temp_location", "")
    if scheme(temporary) != "gs":
        path = (*_SECTION, "dataflow", "temp_location")
        what = f"`{dotted(path)}`: Dataflow's machines read Cloud Storage only"
        yield Finding(path, what, temporary, "gs://…", "say it, e.g. gs://bucket/tmp")


@RULES.add(
    "Dataflow with artifacts that are not on `gs://`",
    on(Level.ERROR, "ir", *IN_CLUSTER),
    "`gs://`",
    ("local",),
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
    "Beam's job service on `localhost`",
    on(Level.ERROR, *IN_CLUSTER),
    "its name in the cluster",
)
def _job_service_in_the_step(situation: Situation) -> Iterator[Finding]:
    engine, options = _engine(situation)
    address = options.get("job_endpoint", "")
    if engine in _ON_WORKERS and address and is_loopback(address):
        path = (*_SECTION, "job_endpoint")
        what = f"`{dotted(path)}`: in a container this is the container itself"
        next_step = "give the name under which the cluster finds it, e.g. beam-job-service:8099"
        yield Finding(path, what, address, next_step=next_step)


@RULES.add("Prism as the engine", on(Level.WARNING, *IN_CLUSTER), "Flink, Spark, Dataflow")
def _prism(situation: Situation) -> Iterator[Finding]:
    if situation.config.environment.beam.engine == "prism":
        path = (*_SECTION, "engine")
        what = f"`{dotted(path)}`: Prism keeps all rows in the memory of one process"
        yield Finding(path, what, "prism", "flink, spark, dataflow")


@RULES.add(
    "several processes of Beam inside a step",
    on(Level.WARNING, *IN_CLUSTER),
    "each takes memory: see docs/beam.md",
)
def _processes(situation: Situation) -> Iterator[Finding]:
    beam = situation.config.environment.beam
    if beam.engine == "in_process" and beam.workers not in ("auto", 1):
        path = (*_SECTION, "workers")
        what = f"`{dotted(path)}`: each of {beam.workers} processes takes memory of the step's own"
        next_step = "give CsvExampleGen, StatisticsGen, Transform and Evaluator memory for them"
        yield Finding(path, what, next_step=next_step)


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
