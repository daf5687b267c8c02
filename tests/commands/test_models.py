"""`tfx-pipeline models`: versions, labels, and lineage out of summaries and a real store."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from tests.commands.conftest import SILENT, CommandLine, ServedProject


def write_metadata(database: Path, run_id: str, **steps: dict[str, str]) -> None:
    """Write one finished execution a step, with its properties, as TFX does."""
    database.parent.mkdir(parents=True, exist_ok=True)
    connection = pb.ConnectionConfig()
    connection.sqlite.filename_uri = str(database)
    connection.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    store = metadata_store.MetadataStore(connection)
    for step, properties in steps.items():
        execution = pb.Execution(
            type_id=store.put_execution_type(pb.ExecutionType(name=f"type.{step}")),
            last_known_state=pb.Execution.CACHED,
        )
        for name, value in properties.items():
            execution.custom_properties[name].string_value = value
        contexts = [
            pb.Context(type_id=store.put_context_type(pb.ContextType(name=kind)), name=name)
            for kind, name in (("pipeline_run", run_id), ("node", f"taxi.{step}"))
        ]
        store.put_execution(execution, [], contexts, reuse_context_if_already_exist=True)


def test_models_shows_metrics_labels_and_lineage(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    project.add_version(1)
    project.add_version(2)
    project.add_run("first", 1, auc=0.9)
    project.add_run("second", 2, auc=0.95, log_loss=0.2)
    write_metadata(
        project.folder / "tfx_metadata/taxi/metadata.db",
        "second",
        CsvExampleGen={"input_base": "/somewhere/input/0123456789abcdef"},
        Trainer={"code_fingerprint": "fedcba9876543210"},
    )
    tfx_pipeline("promote", "--label=stable", "--version=1", SILENT)
    status, out, _ = tfx_pipeline("models", SILENT)
    head, names, newest, oldest = (line.split() for line in out.splitlines())
    assert status == 0
    assert head[:2] == ["taxi:", "serving_model/taxi;"]
    assert " ".join(head[2:]) == "no server answers at http://127.0.0.1:9"
    assert " ".join(names) == "version state labels auc log_loss pushed run data code"
    assert newest[:5] == ["2", "–", "–", "0.9500", "0.2000"]
    assert newest[7:] == ["second", "01234567", "fedcba98"]
    assert oldest[:5] == ["1", "–", "stable", "0.9000", "–"]
    assert oldest[7:] == ["first", "–", "–"]


def test_models_json_is_for_programs(project: ServedProject, tfx_pipeline: CommandLine) -> None:
    project.add_version(7)
    project.add_run("one", 7, auc=0.9)
    project.add_run("two", 7, auc=0.8)  # found the version up to date
    status, out, _ = tfx_pipeline("models", "--json", SILENT)
    (version,) = json.loads(out)["versions"]
    assert (status, version["version"], version["labels"]) == (0, 7, [])
    empty = {"data": "", "code": "", "risks_accepted": []}
    assert version["lineage"] == {"run_id": "one", "metrics": {"auc": 0.9}, **empty}


def test_models_shows_the_formats_of_versions_that_have_some(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    project.add_version(7)
    project.add_version(8)
    folder = project.base / "formats/7"
    folder.mkdir(parents=True)
    for name in ("model.pmml", "model.onnx", "parity.json"):
        (folder / name).touch()
    _, out, _ = tfx_pipeline("models", SILENT)
    _, names, newest, oldest = (line.split() for line in out.splitlines())
    assert names[-1] == "formats"
    assert (newest[-1], oldest[-2:]) == ("–", ["onnx,", "pmml"])


def test_models_cuts_nothing_where_columns_need_more_than_a_line(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    project.add_version(1_700_000_000)
    project.add_run("20261130-035113-354", 1_700_000_000, auc=0.9, pr_auc=0.8, log_loss=0.2)
    folder = project.base / "formats/1700000000"
    folder.mkdir(parents=True)
    for name in ("onnx", "tflite", "pmml"):
        (folder / f"model.{name}").touch()
    _, out, _ = tfx_pipeline("models", SILENT)
    assert "onnx, pmml, tflite" in out and "20261130-035113-354" in out
    assert "…" not in out


def test_models_of_a_moved_project_passes_over_broken_summaries(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    project.add_version(7)
    project.add_run("one", 7, auc=0.9)
    runs = project.folder / "tfx_pipeline_output/taxi/runs"
    file = runs / "one/summary.json"
    text = file.read_text(encoding="utf-8").replace(str(project.folder), "/elsewhere")
    file.write_text(text, encoding="utf-8")
    for run_id, broken in (("two", "{"), ("three", "[]"), ("four", '{"model": null}')):
        (runs / run_id).mkdir()
        (runs / run_id / "summary.json").write_text(broken, encoding="utf-8")
    _, out, _ = tfx_pipeline("models", SILENT)
    assert "0.9000" in out


def test_models_without_a_model_says_how_to_make_one(tfx_pipeline: CommandLine) -> None:
    status, out, err = tfx_pipeline("models", SILENT)
    assert (status, out) == (2, "")
    assert "there is no model `taxi` yet" in err
    assert "tfx-pipeline run --config=" in err


def test_models_with_a_damaged_version_label_file_says_so(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    project.add_version(7)
    (project.folder / "serving_model/taxi.config").write_text("model_config_list {", "utf-8")
    status, out, err = tfx_pipeline("models", SILENT)
    assert (status, out) == (2, "")
    assert "the label file cannot be used" in err and "taxi.config" in err


def test_models_imports_nothing_heavy_and_takes_under_1_5_s(project: ServedProject) -> None:
    project.add_version(1)
    project.add_run("one", 1, auc=0.9)
    database = project.folder / "tfx_metadata/taxi/metadata.db"
    write_metadata(database, "one", Trainer={"code_fingerprint": "f" * 16})
    program = (
        "import sys, time\n"
        "from tfx_pipeline.cli import main\n"
        f"assert main(['models', {project.config!r}, {SILENT!r}]) == 0\n"
        "heavy = {'tensorflow', 'tfx', 'apache_beam', 'pyarrow'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert time.process_time() < 1.5, time.process_time()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert "ffffffff" in done.stdout
