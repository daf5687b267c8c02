"""A run made before the modules had rooms: what it left is read as if this code had made it.

`before_the_move/` holds the IR file of the penguins' pipeline, the ML Metadata of a run of it as
SQL, and the run's summary, as commit 5ada0b1 wrote them with TFX 1.16; `/project` stands for the
project's folder.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import shutil
import sqlite3
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from ml_metadata.metadata_store import MetadataStore

from tests.forked import forked
from tests.runners.metadata.executions import sqlite_store
from tfx_pipeline import cli
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.metadata.step_records import StepRecords
from tfx_pipeline.runners.node.ir_file import read_ir
from tfx_pipeline.runners.steps.artifact_facts import describe_artifacts
from tfx_pipeline.runners.steps.rerun_reason import line_of_step

LEFT = Path(__file__).with_name("before_the_move")
RUN, VERSION = "20261129-084426-216", 1795941876
STEPS = [
    "CsvExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "DataGate", "Transform",
    "Trainer", "latest_blessed_model_resolver", "Evaluator", "InfraCheck", "Pusher",
]  # fmt: skip
HELD_BY_USERS = [
    "tfx_pipeline.DataBlessing",
    "tfx_pipeline.cli.program",
    "tfx_pipeline.components.data_gate.DataGate",
    "tfx_pipeline.components.data_gate.DataGateExecutor",
    "tfx_pipeline.components.evaluator.component.GatedEvaluator",
    "tfx_pipeline.components.evaluator.executor.EvaluatorExecutor",
    "tfx_pipeline.components.evaluator.row_metric.RowMetric",
    "tfx_pipeline.components.example_gen.StagedTableExecutor",
    "tfx_pipeline.components.infra_check.InfraCheck",
    "tfx_pipeline.components.infra_check.InfraCheckExecutor",
    "tfx_pipeline.components.infra_validator.NamingInfraValidator",
    "tfx_pipeline.components.infra_validator.NamingInfraValidatorExecutor",
    "tfx_pipeline.components.pusher.AtomicPushExecutor",
    "tfx_pipeline.components.pusher.AtomicPusher",
    "tfx_pipeline.components.schema_import.SchemaImportExecutor",
    "tfx_pipeline.modules.label_rule.LabelRule",
    "tfx_pipeline.modules.preprocessing.preprocessing_fn",
    "tfx_pipeline.modules.smoke_rows.read_smoke_rows",
    "tfx_pipeline.modules.smoke_rows.write_smoke_rows",
    "tfx_pipeline.modules.training.run_fn",
    "tfx_pipeline.serving.server.program",
]


@pytest.fixture
def project(tmp_path: Path, repository: Path) -> Path:
    """A project's folder as the run left it, without what its steps wrote."""
    shutil.copytree(repository / "configs", tmp_path / "configs")
    (tmp_path / "serving_model/penguins" / str(VERSION)).mkdir(parents=True)
    (tmp_path / "serving_model/penguins" / str(VERSION) / "saved_model.pb").touch()
    for name, place in (
        ("ir.json", "ir.json"),
        ("summary.json", f"tfx_pipeline_output/penguins/runs/{RUN}/summary.json"),
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text_of(name, tmp_path), encoding="utf-8")
    database = tmp_path / "tfx_metadata/penguins/metadata.db"
    database.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.executescript(text_of("metadata.sql", tmp_path))
    return tmp_path


def text_of(name: str, folder: Path) -> str:
    return (LEFT / name).read_text(encoding="utf-8").replace("/project", str(folder))


def as_of_this_tfx(ir: Path) -> None:
    """Let an IR file say that the TFX that is here compiled it."""
    document = json.loads(ir.read_text(encoding="utf-8"))
    document["tfx"] = metadata.version("tfx")
    ir.write_text(json.dumps(document), encoding="utf-8")


@pytest.fixture
def mlmd(project: Path) -> MetadataStore:
    return sqlite_store(project / "tfx_metadata/penguins/metadata.db")


def found(path: str) -> Any:
    """Import what a dotted path names: a module, or something in one."""
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError:
        return importlib.import_module(path)


def held_by_the_run() -> list[str]:
    texts = ((LEFT / name).read_text(encoding="utf-8") for name in ("ir.json", "metadata.sql"))
    return sorted(
        {path for text in texts for path in re.findall(r"\btfx_pipeline(?:\.\w+)+", text)}
    )


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted({*HELD_BY_USERS, *held_by_the_run()}))
def test_dotted_path_that_others_hold_can_be_imported(path: str) -> None:
    assert found(path).__name__ == path.rpartition(".")[2] or path.endswith(found(path).__name__)


def test_ir_file_is_read(project: Path) -> None:
    as_of_this_tfx(project / "ir.json")
    ir = read_ir(str(project / "ir.json"))
    assert (ir.name, ir.node_ids) == ("penguins", STEPS)
    assert ir.upstream["Pusher"] == ["Evaluator", "InfraCheck", "Trainer"]
    assert ir.config is not None and ir.inputs is not None
    assert ir.config.serving_uri == str(project / "serving_model/penguins")
    assert Path(ir.inputs.table_folder).name == "c4f24d0b748a689a"


def test_ir_file_of_another_tfx_is_refused(project: Path) -> None:
    here = metadata.version("tfx")
    if here == "1.16.0":
        assert read_ir(str(project / "ir.json")).node_ids == STEPS
        return
    with pytest.raises(ConfigError) as caught:
        read_ir(str(project / "ir.json"))
    assert f"made by another version: tfx 1.16.0, here it is {here}" in str(caught.value)


def test_steps_of_the_run_are_known(project: Path, mlmd: MetadataStore) -> None:
    store = StepRecords(mlmd, "penguins", project / "tfx_pipeline_output/penguins")
    records = {name: store.step(name, RUN) for name in STEPS}
    assert all(records.values())
    assert store.latest_run_with(STEPS) == RUN
    pusher = records["Pusher"]
    assert pusher is not None
    facts = describe_artifacts("Pusher", pusher)
    line = line_of_step(store, "Pusher", pusher, 0.5, facts, cache=True)
    assert (line.state, line.reason) == ("ran", "ran: first time")
    assert line.facts == f"version {VERSION}"


@pytest.mark.slow
def test_blessed_model_of_the_run_is_a_baseline(mlmd: MetadataStore) -> None:
    from tfx.types import artifact_utils

    from tfx_pipeline.components.blessed_model import LatestOtherBlessedModelStrategy

    def artifacts(kind: str) -> list[Any]:
        artifact_type = mlmd.get_artifact_type(kind)
        known = mlmd.get_artifacts_by_type(kind)
        return [artifact_utils.deserialize_artifact(artifact_type, each) for each in known]

    inputs = {
        "model": artifacts("Model"),
        "model_blessing": artifacts("ModelBlessing"),
        "infra_blessing": artifacts("InfraBlessing"),
        "candidate": [],
    }
    chosen = LatestOtherBlessedModelStrategy().resolve_artifacts(None, inputs)
    assert [model.id for model in chosen["model"]] == [8]
    assert [blessing.id for blessing in chosen["model_blessing"]] == [11]
    assert [type(each) for each in artifacts("tfx_pipeline.DataBlessing")] == [
        found("tfx_pipeline.DataBlessing")
    ]


def test_models_tells_where_the_version_came_from(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = f"--config={project}/configs/penguins.yaml"
    status = cli.main(["models", config, "--json", "--url=http://127.0.0.1:9"])
    sys.stdout.flush()
    (version,) = json.loads(capfd.readouterr().out)["versions"]
    assert (status, version["version"]) == (0, VERSION)
    assert version["lineage"] == {
        "run_id": RUN,
        "metrics": {"accuracy": 0.981651376146789, "log_loss": 0.04612342106442222},
        "data": "c4f24d0b748a689a",
        "code": "a8a9e08579764d95",
        "risks_accepted": [],
    }


@pytest.mark.slow
def test_step_that_the_run_did_is_not_done_again(project: Path) -> None:
    as_of_this_tfx(project / "ir.json")
    words = ["node", "--ir=ir.json", "--node-id=Pusher", f"--run-id={RUN}"]
    done = forked().run(words, cwd=project)
    assert done.status == 0, done.err
    assert "done before in this run" in done.out and f"version {VERSION}" in done.out
