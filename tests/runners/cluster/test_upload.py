"""What a run reads from outside comes to places named after its content."""

from __future__ import annotations

import csv
import hashlib
import shutil
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.runners.cluster import upload
from tfx_pipeline.storage import fileio

SCHEMA = b'feature { name: "species" type: BYTES }\n'


@pytest.fixture
def project(repository: Path, tmp_path: Path) -> Path:
    """A copy of the penguins whose table has a byte order mark, and a curated schema."""
    (tmp_path / "configs/env").mkdir(parents=True)
    shutil.copy(repository / "configs/penguins.yaml", tmp_path / "configs")
    shutil.copy(repository / "configs/env/local.yaml", tmp_path / "configs/env")
    (tmp_path / "data/penguins").mkdir(parents=True)
    table = (repository / "data/penguins/penguins.csv").read_bytes()
    (tmp_path / "data/penguins/the table.csv").write_bytes(b"\xef\xbb\xbf" + table)
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema/penguins.pbtxt").write_bytes(SCHEMA)
    return tmp_path


def load(project: Path, root: str) -> tuple[LoadedConfig, Table]:
    overrides = [
        f"environment.pipeline_root={root}",
        "data.schema_file=schema/penguins.pbtxt",
        "environment.runner=kfp",
    ]
    loaded = load_config(str(project / "configs/penguins.yaml"), "local", overrides)
    return loaded, read_table(loaded.config.path(loaded.config.data.path))


@pytest.fixture(params=["memory", "shared folder"])
def root(request: pytest.FixtureRequest, project: Path) -> str:
    return f"memory://{project.name}/root" if request.param == "memory" else str(project / "root")


def test_planned_inputs_sends_nothing_and_names_the_content(project: Path, root: str) -> None:
    loaded, table = load(project, root)
    inputs = upload.planned_inputs(loaded, table)
    assert inputs.table_folder == f"{root}/input/{table.digest[:16]}"
    digest = hashlib.sha256(SCHEMA).hexdigest()[:16]
    assert inputs.schema_file == f"{root}/schema/{digest}/penguins.pbtxt"
    assert fileio.list_files(root) == {}
    (project / "schema/penguins.pbtxt").write_bytes(b"# other")
    assert upload.planned_inputs(loaded, table).schema_file != inputs.schema_file


def test_upload_inputs_brings_the_clean_table_and_the_schema(
    project: Path, root: str, repository: Path
) -> None:
    loaded, table = load(project, root)
    inputs = upload.planned_inputs(loaded, table)
    upload.upload_inputs(loaded, table, inputs)
    files = {"data_version.json", "table.json", "the table.csv.arrow"}
    assert set(fileio.list_files(inputs.table_folder)) == files
    staged = StagedTable(inputs.table_folder)  # wherever it is
    (batch,) = staged.batches(staged.files[0])
    with (repository / "data/penguins/penguins.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert batch.column(0).to_pylist() == [row["species"] for row in rows]
    assert batch.schema.names == list(rows[0])
    assert fileio.read_bytes(inputs.schema_file or "") == SCHEMA
    assert len(fileio.list_files(root)) == 4


def test_upload_inputs_again_writes_nothing(
    project: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, table = load(project, root)
    inputs = upload.planned_inputs(loaded, table)
    upload.upload_inputs(loaded, table, inputs)
    before = fileio.list_files(root)
    upload.upload_inputs(loaded, table, inputs)
    assert fileio.list_files(root) == before


def test_upload_inputs_that_was_cut_off_is_finished(project: Path, root: str) -> None:
    shutil.copy(project / "data/penguins/the table.csv", project / "data/penguins/two.csv")
    loaded, table = load(project, root)
    inputs = upload.planned_inputs(loaded, table)
    upload.upload_inputs(loaded, table, inputs)
    if fileio.is_uri(root):
        fileio.remove_tree(f"{inputs.table_folder}/two.csv.arrow")
        fileio.write_bytes(f"{inputs.table_folder}/the table.csv.arrow", b"half")
    else:
        fileio.remove_tree(inputs.table_folder)
    upload.upload_inputs(loaded, table, inputs)
    assert len(fileio.list_files(inputs.table_folder)) == 4
    staged = StagedTable(inputs.table_folder)
    assert [sum(map(len, staged.batches(file))) for file in staged.files] == [344, 344]


def test_upload_inputs_leaves_the_table_of_another_run(project: Path, root: str) -> None:
    loaded, table = load(project, root)
    first = upload.planned_inputs(loaded, table)
    upload.upload_inputs(loaded, table, first)
    with (project / "data/penguins/the table.csv").open("a") as stream:
        stream.write("Adelie,Dream,39,18,180,3700,female,2009\n")
    loaded, table = load(project, root)
    second = upload.planned_inputs(loaded, table)
    upload.upload_inputs(loaded, table, second)
    assert first.table_folder != second.table_folder
    assert fileio.exists(f"{first.table_folder}/the table.csv.arrow")
    assert fileio.exists(f"{second.table_folder}/the table.csv.arrow")


def test_upload_inputs_that_fails_in_a_shared_folder_leaves_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, table = load(project, str(project / "root"))
    inputs = upload.planned_inputs(loaded, table)

    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(upload.shutil, "copytree", full)
    with pytest.raises(fileio.PlaceError, match="no space is left"):
        upload.upload_inputs(loaded, table, inputs)
    assert list((project / "root/input").iterdir()) == []


def test_upload_ir_is_named_after_its_content(project: Path, root: str) -> None:
    config = load(project, root)[0].config
    place = upload.upload_ir(config, '{"ü": 1}')
    assert place == upload.ir_uri(config, '{"ü": 1}') == f"{root}/ir/{place[-21:]}"
    assert fileio.read_bytes(place) == '{"ü": 1}'.encode()
    assert upload.ir_uri(config, '{"ü": 2}') != place
    assert upload.upload_ir(config, '{"ü": 1}') == place
