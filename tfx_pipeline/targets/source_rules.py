"""Rules on a table that is not in files: BigQuery, which only a compiled pipeline reads."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.config.sections.source import BigQuerySource
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.pipeline.beam_options import beam_options
from tfx_pipeline.targets.rules import IN_CLUSTER, Finding, Level, Rules, Situation, on, scheme

_SOURCE: KeyPath = ("data", "source")

RULES = Rules()


def _big_query(situation: Situation) -> BigQuerySource | None:
    source = situation.config.data.source
    return source if isinstance(source, BigQuerySource) else None


@RULES.add(
    "rows of BigQuery",
    on(Level.ERROR, "local"),
    "`ir` with Google's credentials, or a cluster; here: export them, and give the files",
)
def _here(situation: Situation) -> Iterator[Finding]:
    if _big_query(situation):
        what = "`data.source`: rows of BigQuery are read by compiled pipelines only"
        next_step = (
            "compile it with --env kubeflow or --env vertex; or export the rows as Parquet"
            " (EXPORT DATA), and name the folder in data.path"
        )
        yield Finding((*_SOURCE, "kind"), what, "bigquery", "sql, or files", next_step)


@RULES.add(
    "rows of BigQuery, and no place on `gs://` for their export",
    on(Level.ERROR, "ir", *IN_CLUSTER),
    "`data.source.temp_location`, or `environment.pipeline_root` on `gs://`",
    ("local",),
)
def _no_place(situation: Situation) -> Iterator[Finding]:
    source = _big_query(situation)
    root = situation.config.environment.pipeline_root
    if source and not source.temp_location and scheme(root) != "gs":
        what = "`data.source.temp_location` is missing: BigQuery exports rows to Cloud Storage only"
        yield Finding((*_SOURCE, "temp_location"), what, None, "gs://bucket/folder")


@RULES.add(
    "rows of BigQuery, and Beam in another project",
    on(Level.ERROR, "ir", *IN_CLUSTER),
    "one project in `data.source.project` and `--project`",
    ("local",),
)
def _two_projects(situation: Situation) -> Iterator[Finding]:
    source = _big_query(situation)
    said = beam_options(situation.config.environment.beam_options).get("project")
    if source and said and said != source.project:
        what = "`data.source.project`: Beam runs in another one, and asks BigQuery as that"
        next_step = f"let both be one, or leave --project={said} out of environment.beam_options"
        yield Finding((*_SOURCE, "project"), what, source.project, said, next_step)


@RULES.add(
    "rows of BigQuery: `data.split.seed`",
    on(Level.IGNORED, "ir", *IN_CLUSTER),
    "TFX's component divides rows by a hash without a seed",
    ("local",),
)
def _seed(situation: Situation) -> Iterator[Finding]:
    if _big_query(situation) and situation.config.data.split.seed:
        what = "`data.split.seed` is ignored: TFX divides rows of BigQuery by a hash without one"
        yield Finding(("data", "split", "seed"), what, next_step="leave it out")
