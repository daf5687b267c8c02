"""`tfx-pipeline export`: a model that is really trained, written and proven; and each refusal."""

import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.modules.conftest import REPOSITORY, Trained, train_on
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.export.formats import Format
from tfx_pipeline.modules.description.description_file import (
    LOCATION,
    write_description,
)

pytestmark = pytest.mark.slow
VERSION = 1_700_000_000


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    overrides = ["model={family: linear}"]
    config = load_config(REPOSITORY / "configs/penguins.yaml", overrides=overrides).config
    return train_on(config, 344, tmp_path_factory.mktemp("penguins"))


@pytest.fixture
def pushed(project, trained) -> Path:
    """A version of the project's model, and the run that made it."""
    version = project.add_version(VERSION, trained.model)
    project.add_run("run-1", VERSION)
    examples = project.folder / "examples" / "Split-eval"
    examples.mkdir(parents=True)
    (evaluation,) = trained.model.parent.glob("eval.gz*")
    shutil.copy(evaluation, examples / "data.gz")
    summary = project.folder / "tfx_pipeline_output/taxi/runs/run-1/summary.json"
    said = json.loads(summary.read_text())
    said["data"] = {"digest": "0123abcd"}
    said["artifacts"] = {
        "CsvExampleGen.examples": str(examples.parent),
        "Trainer.model": str(project.folder / "trained"),
    }
    summary.write_text(json.dumps(said))
    shutil.copytree(trained.model, project.folder / "trained/Format-Serving")
    return version


@pytest.fixture
def export(tfx_pipeline):
    def run(*arguments):
        return tfx_pipeline("export", *arguments)

    return run


def parity(folder):
    return json.loads((Path(folder) / "parity.json").read_text())


def test_export_writes_the_newest_version_beside_it_and_says_how_equal_it_is(
    export, project, pushed
):
    status, output, errors = export("--to", "onnx,tflite")
    assert (status, [x for x in errors.splitlines() if "XNNPACK" not in x]) == (0, [])
    folder = pushed.parent / "formats" / str(VERSION)
    assert sorted(x.name for x in folder.iterdir()) == ["model.onnx", "model.tflite", "parity.json"]
    said = parity(folder)
    assert (said["model"], said["version"]) == ("taxi", str(VERSION))
    for name, file in (("onnx", "model.onnx"), ("tflite", "model.tflite")):
        assert said["formats"][name]["verdict"] == "equal"
        assert said["formats"][name]["largest_difference"] <= 1e-5
        assert said["formats"][name]["bytes"] == (folder / file).stat().st_size
        assert said["formats"][name]["real_rows"] == 115
        assert said["formats"][name]["rows"] == 2_115
        assert file in output
    assert "made rows only" not in output
    assert "serving_model/taxi/1700000000, asked with 115 eval rows and up to 2,000" in output
    assert f"{said['formats']['onnx']['bytes']:,}  " in output
    assert f"\nin serving_model/taxi/formats/{VERSION}\n" in output


def test_export_of_a_run_goes_beside_its_log_and_prints_json(export, project, pushed):
    status, output, _ = export("run-1", "--to", "onnx", "--json", "--set=export.hurting_rows=50")
    document = json.loads(output)
    assert status == 0
    assert document["version"] == "run-1"
    assert document["folder"] == str(project.folder / "tfx_pipeline_output/taxi/runs/run-1/formats")
    assert [x["format"] for x in document["formats"]] == ["onnx"]
    assert document["formats"][0]["rows"] == 165


def test_export_of_a_folder_without_a_run_is_proven_on_made_rows_and_says_so(
    export, trained, tmp_path
):
    folder = tmp_path / "out"
    status, output, _ = export(str(trained.model), "--to", "onnx", "-o", str(folder))
    assert status == 0
    assert "proven on made rows only" in output
    assert parity(folder)["formats"]["onnx"]["real_rows"] == 0


def test_export_takes_the_formats_of_the_configuration_and_keeps_earlier_ones(
    export, pushed, tmp_path
):
    folder = str(tmp_path / "out")
    few = "--set=export.hurting_rows=20"
    assert export("-o", folder, few, "--set=export.formats=[onnx]")[0] == 0
    assert export("-o", folder, few, "--to=tflite")[0] == 0
    assert [*parity(folder)["formats"]] == ["onnx", "tflite"]


def broken(emit):
    """Write the model with one number that is scaled wrongly."""
    wrong = "bill_length_mm_scaled"

    def emitted(self, description, facts):
        operations = tuple(
            dataclasses.replace(x, origin=x.origin + 1) if x.output == wrong else x
            for x in description.operations
        )
        return emit(self, dataclasses.replace(description, operations=operations), facts)

    return emitted


def test_export_that_answers_otherwise_is_refused_with_the_operation_and_leaves_no_file(
    export, pushed, tmp_path, monkeypatch
):
    folder = tmp_path / "out"
    few = "--set=export.hurting_rows=50"
    assert export("--to=onnx", "-o", str(folder), few)[0] == 0
    monkeypatch.setattr(Format, "emit", broken(Format.emit))
    status, output, errors = export("--to=onnx", "-o", str(folder), few)
    assert status == 3
    assert "refused" in output
    assert "onnx of taxi 1700000000 is refused: it does not answer as the model does" in errors
    assert "part at `bill_length_mm_scaled`: Scaled of column `bill_length_mm`" in errors
    assert [x.name for x in folder.iterdir()] == ["parity.json"]
    said = parity(folder)["formats"]["onnx"]
    assert (said["verdict"], said["file"]) == ("refused", "")
    assert "bill_length_mm_scaled" in said["error"]


def test_export_of_an_operation_without_an_emitter_names_it_and_writes_the_others(
    export, pushed, tmp_path, monkeypatch
):
    from tfx_pipeline.errors import Problem
    from tfx_pipeline.export.errors import NotExportableError

    emit = Format.emit

    def lacking(self, description, facts):
        if self.name == "tflite":
            raise NotExportableError([Problem("no operator for words")])
        return emit(self, description, facts)

    monkeypatch.setattr(Format, "emit", lacking)
    folder = tmp_path / "out"
    few = "--set=export.hurting_rows=20"
    status, output, errors = export("--to=onnx,tflite", "-o", str(folder), few)
    assert status == 2
    assert errors.endswith("taxi 1700000000 cannot be written as tflite\n  no operator for words\n")
    assert "not exportable" in output
    assert sorted(x.name for x in folder.iterdir()) == ["model.onnx", "parity.json"]


def test_export_without_the_formats_library_says_what_to_install(
    export, pushed, tmp_path, monkeypatch
):
    def absent(self, path):
        raise ModuleNotFoundError("No module named 'onnxruntime'", name="onnxruntime")

    monkeypatch.setattr(Format, "load", absent)
    status, _, errors = export("--to=onnx", "-o", str(tmp_path / "out"))
    assert status == 2
    assert "pip install 'tfx-pipeline[formats]'" in errors


def test_export_when_the_disk_is_full_says_so_and_leaves_no_half_file(
    export, pushed, tmp_path, monkeypatch
):
    from tfx_pipeline.storage import local_files

    def full(descriptor):
        if os.readlink(f"/proc/self/fd/{descriptor}").rpartition("/")[2].startswith(".model"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(local_files.os, "fsync", full)
    folder = tmp_path / "out"
    few = "--set=export.hurting_rows=20"
    status, _, errors = export("--to=onnx", "-o", str(folder), few)
    assert status == 1
    assert "no space is left" in errors
    assert [x.name for x in folder.iterdir()] == ["parity.json"]
    assert parity(folder)["formats"] == {}


def test_export_of_a_model_of_an_earlier_version_says_so(export, project):
    project.add_version(VERSION)
    status, _, errors = export("--to=onnx")
    assert status == 2
    assert "made by an earlier version" in errors


def test_export_of_a_model_with_functions_of_ones_own_says_why(export, project, tmp_path):
    write_description(project.add_version(VERSION), "preprocessing_fn is my_features.fn")
    status, _, errors = export("--to=onnx")
    assert status == 2
    assert "cannot be described: preprocessing_fn is my_features.fn" in errors


def test_export_of_a_damaged_description_says_which_file(export, project):
    file = project.add_version(VERSION) / LOCATION
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"PK\x03\x04 half")
    status, _, errors = export("--to=onnx")
    assert status == 2
    assert str(file) in errors and "run the pipeline again" in errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--to=onxn"], "did you mean `onnx`?"),
        (["--to="], "no format is named"),
        ([], "`--to onnx,tflite`"),
        (["12", "--to=onnx"], "no folder, version or run has this name"),
        (["run-2", "--to=onnx"], "did you mean `run-1`?"),
        (["serving_model", "--to=onnx"], "holds no SavedModel"),
        (["--to=onnx", "-o", "configs"], "holds something else"),
        (["--to=onnx", "-o", "configs/taxi.yaml"], "a file, not a folder"),
        (["--to=onnx", "--set=export.hurting_rows=x"], "export.hurting_rows"),
    ],
)
def test_export_of_what_cannot_be_says_what_can(
    export, project, pushed, monkeypatch, arguments, says
):
    monkeypatch.chdir(project.folder)
    status, output, errors = export(*arguments)
    assert (status, output) == (2, "")
    assert says in errors


def test_export_of_a_folder_of_another_place_needs_to_know_where_to(export, trained):
    status, _, errors = export(str(trained.model), "--to=onnx")
    assert status == 2
    assert "nobody says where the files go" in errors


def test_export_with_bytes_that_are_no_text_in_the_table_is_proven_all_the_same(tmp_path):
    from tfx_pipeline.export.exporting import _as_sent

    texts = np.array([b"caf\xe9".decode("utf-8", "surrogateescape"), "ok"], object)
    assert _as_sent(texts, object).tolist() == ["caf\ufffd", "ok"]
