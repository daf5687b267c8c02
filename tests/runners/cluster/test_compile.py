"""Compiling for a target: what is written where, and what stops it before TFX is imported."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.runners.cluster.kubeflow.fixtures import UPSTREAM, load
from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.runners.cluster import compile as compiling
from tfx_pipeline.runners.cluster.compile import check_target, compile_pipeline, target_to_compile
from tfx_pipeline.runners.input_table import checked_table
from tfx_pipeline.runners.node import ir_file
from tfx_pipeline.storage import fileio

pytestmark = [pytest.mark.slow, pytest.mark.once]  # they import kfp or TFX

ROWS = 344

INPUTS = ["data_version.json", "penguins.csv.arrow", "table.json"]


@pytest.fixture(autouse=True)
def _ir_without_tfx(monkeypatch: pytest.MonkeyPatch) -> None:
    def make_ir(_config: object, inputs: PipelineInputs) -> str:
        nodes = [
            {"pipelineNode": {"nodeInfo": {"id": node}, "upstreamNodes": upstream}}
            for node, upstream in UPSTREAM.items()
        ]
        return json.dumps({"pipeline": {"nodes": nodes}, "table": inputs.table_folder})

    monkeypatch.setattr(ir_file, "make_ir", make_ir)


def on_volume(folder: Path, *overrides: str) -> LoadedConfig:
    return load(
        f"environment.volumes=[{{claim: c, mount_path: {folder}}}]",
        f"environment.pipeline_root={folder}/root",
        f"push.base_directory={folder}/serving",
        *overrides,
    )


def problem_of(*overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        check_target(load(*overrides), "kfp", ROWS)
    return str(caught.value)


def test_compile_pipeline_writes_the_yaml_and_uploads_nothing(tmp_path: Path) -> None:
    loaded = on_volume(tmp_path / "volume")
    file = tmp_path / "made/here/pipeline.yaml"
    compiled = compile_pipeline(loaded, checked_table(loaded), "kfp", file)
    assert compiled.file == file and compiled.target == "kfp"
    assert compiled.ir_place in file.read_text(encoding="utf-8")
    assert compiled.inputs.table_folder.startswith(f"{tmp_path}/volume/root/input/")
    assert not (tmp_path / "volume").exists()
    assert [x.name for x in file.parent.iterdir()] == ["pipeline.yaml"]


def test_compile_pipeline_that_uploads_brings_table_and_ir(tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    loaded = on_volume(volume)
    table = checked_table(loaded)
    compiled = compile_pipeline(loaded, table, "kfp", tmp_path / "p.yaml", upload=True)
    assert compiled.ir_place is not None
    ir = json.loads(fileio.read_bytes(compiled.ir_place))
    assert ir["table"] == compiled.inputs.table_folder
    assert fileio.list_folder(compiled.inputs.table_folder) == INPUTS


def test_compile_pipeline_that_uploads_to_a_volume_that_is_not_here_is_refused(
    tmp_path: Path,
) -> None:
    loaded = on_volume(tmp_path / "volume")
    with pytest.raises(ConfigError, match="the volume is not mounted on this machine"):
        compile_pipeline(loaded, checked_table(loaded), "kfp", tmp_path / "p.yaml", upload=True)
    assert list(tmp_path.iterdir()) == []


def test_compile_pipeline_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    loaded = on_volume(tmp_path)
    table = checked_table(loaded)
    first, second = (
        compile_pipeline(loaded, table, "kfp", tmp_path / name).file
        for name in ("a.yaml", "b.yaml")
    )
    assert first.read_bytes() == second.read_bytes()


def test_compile_pipeline_over_a_file_replaces_it_whole(tmp_path: Path) -> None:
    loaded = on_volume(tmp_path)
    file = tmp_path / "p.yaml"
    file.write_text("old", encoding="utf-8")
    compile_pipeline(loaded, checked_table(loaded), "kfp", file)
    assert file.read_text(encoding="utf-8").startswith("# PIPELINE DEFINITION")


def test_compile_pipeline_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = on_volume(tmp_path)
    file = tmp_path / "p.yaml"
    file.write_text("old", encoding="utf-8")

    def fail(*_: object) -> str:
        raise ConfigError([], "no")

    monkeypatch.setattr(compiling.kfp_rendering, "render", fail)
    with pytest.raises(ConfigError):
        compile_pipeline(loaded, checked_table(loaded), "kfp", file)
    assert file.read_text(encoding="utf-8") == "old"
    assert [x.name for x in tmp_path.iterdir()] == ["p.yaml"]


def test_compile_pipeline_for_node_stages_the_table_of_this_machine(tmp_path: Path) -> None:
    loaded = on_volume(tmp_path / "root", "environment.runner=local")
    compiled = compile_pipeline(loaded, checked_table(loaded), "ir", tmp_path / "ir.json")
    assert compiled.ir_place is None
    assert fileio.list_folder(compiled.inputs.table_folder) == INPUTS
    assert json.loads(compiled.file.read_text())["table"] == compiled.inputs.table_folder


@pytest.mark.parametrize("name", ["", "in-the-way/p.yaml"])
def test_compile_pipeline_to_a_place_that_cannot_be_says_so(tmp_path: Path, name: str) -> None:
    loaded = on_volume(tmp_path)
    (tmp_path / "in-the-way").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        compile_pipeline(loaded, checked_table(loaded), "kfp", tmp_path / name)
    assert "this file cannot be written" in str(caught.value) and "-o FILE" in str(caught.value)


@pytest.mark.parametrize(("overrides", "expected"), [
    (("environment.image=null",), "`environment.image` is missing"),
    (("environment.steps.Trianer={cpu: 1}",), "did you mean `Trainer`?"),
    (("environment.runtime_parameters=[model.epoch]",), "did you mean `epochs`?"),
    (("environment.runtime_parameters=[data.path]",), "`data.path` is fixed when compiled"),
    (("environment.pipeline_root=tfx_pipeline_output/x",), "is a folder of one machine"),
    (("environment.job.labels={app: 'not legal'}",), "not a label of this target"),
])  # fmt: skip
def test_check_target_refuses_what_a_cluster_cannot_run(
    overrides: tuple[str, ...], expected: str
) -> None:
    assert expected in problem_of(*overrides)


def test_check_target_of_the_shipped_overlay_has_no_word_to_say() -> None:
    assert check_target(load(), "kfp", ROWS) == ()


@pytest.mark.parametrize(("overrides", "expected"), [
    (("environment.runner=kfp",), "kfp"),
    (("environment.runner=vertex",), "vertex-native"),
    (("environment.runner=vertex", "environment.vertex.rendering=generic"), "vertex-generic"),
])  # fmt: skip
def test_target_to_compile_follows_the_environment(
    overrides: tuple[str, ...], expected: str
) -> None:
    assert target_to_compile(load(*overrides).config) == expected


def test_target_to_compile_a_local_environment_names_the_others() -> None:
    with pytest.raises(ConfigError, match="there is nothing to compile") as caught:
        target_to_compile(load("environment.runner=local").config)
    assert "--env kubeflow or --env vertex; or --target ir" in str(caught.value)


def test_output_that_is_no_ordinary_file_is_refused_and_stays_what_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="no ordinary file"):
        compiling._check_writable(pipe)
    assert pipe.is_fifo()
