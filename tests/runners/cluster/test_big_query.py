"""A pipeline whose rows come from BigQuery: refused here, compiled for clusters, asking nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.project import REPOSITORY
from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.cluster.compile import Compiled, check_target, compile_pipeline
from tfx_pipeline.runners.input_table import known_table
from tfx_pipeline.targets.conformance import check, check_runs_here
from tfx_pipeline.targets.rules import Target

QUERY = "SELECT * FROM `my-project.cabs.trips` WHERE fare > 0"
PLACE = "data.source"


def load(
    env: str, *overrides: str, folder: Path, schema: str = "schema/taxi/schema.pbtxt"
) -> LoadedConfig:
    """Give the taxi configuration with a query in place of its files."""
    text = (REPOSITORY / "configs/taxi.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    values["data"] = {
        "source": {"kind": "bigquery", "query": QUERY, "project": "my-project"},
        "schema_file": str(REPOSITORY / schema),
    }
    file = folder / "configs/taxi.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    overlay = str(REPOSITORY / f"configs/env/{env}.yaml")
    return load_config(file, overlay, overrides)


def problems(loaded: LoadedConfig, target: Target) -> tuple[Problem, ...]:
    found = check(loaded, target)
    return tuple(x for x in (*found.errors, *found.warnings) if "data." in x.what)


def test_run_on_this_machine_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        check_runs_here(load("local", folder=tmp_path))
    (problem,) = raised.value.problems
    assert problem.what == "`data.source`: rows of BigQuery are read by compiled pipelines only"
    assert "EXPORT DATA" in str(problem.next_step)


def test_rows_without_a_schema_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used") as raised:
        load("vertex", "data.schema_file=", folder=tmp_path)
    assert "`schema_file` is missing" in str(raised.value)


def test_rules_name_places_projects_and_the_seed(tmp_path: Path) -> None:
    assert problems(load("vertex", folder=tmp_path), "vertex-native") == ()
    on_volume = load("vertex", "environment.pipeline_root=/mnt/root", folder=tmp_path)
    (problem,) = problems(on_volume, "kfp")
    assert problem.what.startswith("`data.source.temp_location` is missing")
    given = load(
        "vertex",
        "environment.pipeline_root=/mnt/root",
        "data.source.temp_location=gs://bucket/exports",
        folder=tmp_path,
    )
    assert problems(given, "kfp") == ()
    other = load("vertex", "environment.beam_options=--project=other", folder=tmp_path)
    (problem,) = problems(other, "vertex-generic")
    assert (problem.received, problem.allowed) == ("my-project", "other")
    (problem,) = problems(load("vertex", "data.split.seed=3", folder=tmp_path), "ir")
    assert problem.what.startswith("`data.split.seed` is ignored")


def test_column_that_the_schema_has_not_is_refused_before_compiling(tmp_path: Path) -> None:
    assert known_table(load("vertex", folder=tmp_path)) is None
    with pytest.raises(ConfigError) as raised:
        known_table(load("vertex", folder=tmp_path, schema="nothing.pbtxt"))
    assert [x.what for x in raised.value.problems] == ["no such schema file"]
    with pytest.raises(ConfigError) as raised:
        known_table(load("vertex", "features.nothing.kind=numeric", folder=tmp_path))
    assert "`nothing` is not a column of the table" in str(raised.value)


def compiled(loaded: LoadedConfig, target: Target, folder: Path) -> Compiled:
    check_target(loaded, target, None)
    return compile_pipeline(loaded, known_table(loaded), target, folder / "compiled")


@pytest.mark.slow
def test_compiled_job_of_vertex_asks_big_query_anew_in_each_run(tmp_path: Path) -> None:
    made = compiled(load("vertex", folder=tmp_path), "vertex-native", tmp_path)
    assert made.inputs.table_folder is None
    spec = json.loads(made.file.read_text(encoding="utf-8"))["pipelineSpec"]
    task = spec["root"]["dag"]["tasks"]["BigQueryExampleGen"]
    assert not task.get("cachingOptions", {}).get("enableCache")
    assert spec["root"]["dag"]["tasks"]["StatisticsGen"]["cachingOptions"]["enableCache"]
    parameters = task["inputs"]["parameters"]
    asked = json.loads(_constant(parameters["input_config"]))
    assert asked["splits"] == [{"name": "single_split", "pattern": QUERY}]
    divided = json.loads(_constant(parameters["output_config"]))
    assert divided["split_config"]["splits"] == [
        {"name": "train", "hash_buckets": 2},
        {"name": "eval", "hash_buckets": 1},
    ]
    executor = spec["deploymentSpec"]["executors"]["BigQueryExampleGen_executor"]
    words = executor["container"]["args"]
    path = words[words.index("--executor_class_path") + 1]
    assert path == "tfx.extensions.google_cloud_big_query.example_gen.executor.Executor"
    assert "--project=my-project" in words
    root = "gs://my-bucket/tfx_pipeline_output/taxi"
    assert f"--temp_location={root}/bigquery" in words


def _constant(parameter: dict[str, Any]) -> Any:
    return parameter["runtimeValue"]["constant"]


@pytest.mark.slow
def test_compiled_pipeline_of_kubeflow_has_a_step_that_asks_big_query(tmp_path: Path) -> None:
    loaded = load("kubeflow", "data.source.temp_location=gs://bucket/exports", folder=tmp_path)
    made = compiled(loaded, "kfp", tmp_path)
    tasks = yaml.safe_load(made.file.read_text(encoding="utf-8").split("\n---\n")[0])
    names = tasks["root"]["dag"]["tasks"]
    assert "big-query-example-gen" in names and "csv-example-gen" not in names


@pytest.mark.slow
def test_ir_has_tfx_component_with_the_project_and_a_driver_that_forgets(tmp_path: Path) -> None:
    loaded = load("vertex", folder=tmp_path)
    text = compiled(loaded, "ir", tmp_path).file.read_text(encoding="utf-8")
    document = json.loads(text)
    assert document["inputs"]["table_folder"] is None
    deployment = document["pipeline"]["deploymentConfig"]
    driver = json.dumps(deployment["customDriverSpecs"]["BigQueryExampleGen"])
    assert "tfx_pipeline.components.big_query_example_gen.AskingAgain" in driver
    executor = json.dumps(deployment["executorSpecs"]["BigQueryExampleGen"])
    assert "--project=my-project" in executor


@pytest.mark.slow
def test_driver_gives_every_run_other_properties() -> None:
    from google.protobuf import json_format
    from tfx.orchestration import data_types
    from tfx.proto import example_gen_pb2

    from tfx_pipeline.components.big_query_example_gen import AskingAgain

    source = example_gen_pb2.Input(splits=[example_gen_pb2.Input.Split(name="s", pattern=QUERY)])
    properties = {"input_config": json_format.MessageToJson(source), "range_config": None}
    info = data_types.PipelineInfo("", "")
    driver = AskingAgain(None)
    first, second = (driver.resolve_exec_properties(dict(properties), info, None) for _ in range(2))
    assert first["asked_at"] != second["asked_at"]
