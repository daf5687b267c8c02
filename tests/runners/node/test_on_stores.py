"""A pipeline by single nodes, with everything but its metadata in an object store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulators.same_results import assert_same_results
from tests.forked import forked
from tests.object_stores import ObjectStore, object_store, reached, why_not
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.storage import fileio

FIRST = ("CsvExampleGen", "StatisticsGen", "SchemaGen")


class Project:
    """Penguins whose files are in a store, compiled and uploaded."""

    def __init__(self, store: ObjectStore, folder: Path, repository: Path) -> None:
        self.store, self.folder = store, folder
        self.root, self.database = f"{store.uri}/root", folder / "metadata.db"
        config = str(repository / "configs/penguins.yaml")
        words = [
            *("--set", f"environment.pipeline_root={self.root}"),
            *("--set", f"push.base_directory={store.uri}/serving"),
            *("--set", f"environment.metadata.path={self.database}"),
            *(
                "--set",
                "push.infra_check.server=none",
            ),  # a server takes seconds to import TensorFlow
        ]
        self.order = step_order(load_config(config, "local", words[1::2]).config)
        command = ["compile", "--config", config, "--env", "local", "--target", "ir", "--upload"]
        done = forked().run(
            [*command, "-o", str(folder / "ir.json"), *words], cwd=repository, env=store.env
        )
        assert done.status == 0, done.err
        self.ir = f"{self.root}/ir/ir.json"
        fileio.write_bytes(self.ir, (folder / "ir.json").read_bytes())

    def run(self, node_id: str) -> str:
        """Run a node far from the checkout; give its line."""
        words = ["node", "--ir", self.ir, "--node-id", node_id, "--run-id", "r"]
        done = forked().run(words, cwd=self.folder, env=self.store.env)
        assert done.status == 0, done.err
        return done.out

    def brought_here(self, *outputs: str) -> dict[str, str]:
        """Bring artifacts, each `Node.output`, to folders of this machine."""
        folders = {}
        for output in outputs:
            folders[output] = str(self.folder / output)
            (number,) = fileio.list_folder(f"{self.root}/{output.replace('.', '/')}")
            uri = f"{self.root}/{output.replace('.', '/')}/{number}"
            fileio.download_tree(uri, self.folder / output)
        return folders

    def texts_of_metadata(self) -> list[str]:
        """List all that metadata holds of places."""
        with sqlite3.connect(self.database) as connection:
            queries = (
                "select uri from Artifact",
                "select string_value from ArtifactProperty where string_value is not null",
                "select string_value from ExecutionProperty where string_value is not null",
            )
            return [row[0] for query in queries for row in connection.execute(query)]


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, repository: Path) -> Iterator[Project]:
    if reason := why_not(request.param):
        pytest.skip(reason)
    with object_store(request.param) as store, reached(store):
        yield Project(store, tmp_path, repository)


@pytest.mark.once
@pytest.mark.e2e
@pytest.mark.parametrize("project", ["s3"], indirect=True)
def test_the_whole_pipeline_on_a_store_gives_what_the_local_run_gives(
    project: Project, tmp_path: Path, local_penguins: dict[str, str]
) -> None:
    from tfx_pipeline.runners.local.smoke_query import query

    lines = {node_id: project.run(node_id) for node_id in project.order}
    assert "rows" in lines["StatisticsGen"]
    names = ("CsvExampleGen.examples", "SchemaGen.schema", "Transform.transform_graph")
    assert_same_results(
        local_penguins, project.brought_here(*names, "Evaluator.evaluation"), slack=1e-6
    )
    serving = f"{project.store.uri}/serving/penguins"
    (version,) = fileio.list_folder(serving)
    fileio.download_tree(f"{serving}/{version}", tmp_path / "model")
    comparison = query(tmp_path / "model")
    assert comparison.rows == 32
    assert comparison.mismatch is None
    texts = project.texts_of_metadata()
    assert f"{serving}/{version}" in texts
    assert any(text.startswith(f"{project.root}/Trainer/model/") for text in texts)
    assert not [text for text in texts if "/tmp" in text]
    assert not [name for name in fileio.list_files(f"{serving}") if name.startswith(".")]


@pytest.mark.slow
@pytest.mark.parametrize("project", ["abfs", "gs"], indirect=True)
def test_nodes_on_a_store_leave_their_artifacts_there(project: Project) -> None:
    for node_id in FIRST:
        project.run(node_id)
    root = project.root
    assert {name.partition("/")[0] for name in fileio.list_files(root)} == {
        *FIRST,
        *("input", "ir", "runs"),
    }
    schema = fileio.read_bytes(f"{root}/SchemaGen/schema/3/schema.pbtxt")
    assert b'name: "species"' in schema
    assert not [text for text in project.texts_of_metadata() if "/tmp" in text]
