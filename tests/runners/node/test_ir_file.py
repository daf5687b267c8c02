"""The file of a compiled pipeline: what it holds, and what is refused."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.runners.node.project import NodeProject
from tfx_pipeline import __version__
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError, ExitStatus, StepError
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.runners.node.ir_file import make_ir, read_ir
from tfx_pipeline.runners.node.request import overridden

NODES = {"A": [], "B": ["A"], "C": ["A"], "D": ["B", "C"], "E": []}


@pytest.fixture
def document(repository: Path) -> dict[str, Any]:
    """A small IR file: the penguins' configuration, and nodes that do nothing."""
    config = load_config(repository / "configs/penguins.yaml").config
    nodes = [
        {"pipelineNode": {"nodeInfo": {"id": node}, "upstreamNodes": upstream}}
        for node, upstream in NODES.items()
    ]
    beam = "type.googleapis.com/tfx.orchestration.executable_spec.BeamExecutableSpec"
    specs: dict[str, Any] = {
        "A": {"@type": beam, "beamPipelineArgs": ["--runner=DataflowRunner"]},
        "B": {"@type": beam, "beamPipelineArgs": ["--runner=a.b.FnApiRunner"]},
        "C": {"@type": beam.replace("Beam", "PythonClass")},
    }
    return {
        "format": 1,
        "package": __version__,
        "tfx": metadata.version("tfx"),
        "config": config.model_dump(mode="json", exclude_unset=True),
        "inputs": {"table_folder": "gs://bucket/input/1", "schema_file": None},
        "pipeline": {
            "pipelineInfo": {"id": "penguins"},
            "nodes": nodes,
            "deploymentConfig": {"executorSpecs": specs},
        },
    }


def written(folder: Path, document: Any) -> str:
    file = folder / "ir.json"
    text = document if isinstance(document, str) else json.dumps(document)
    file.write_text(text, encoding="utf-8")
    return str(file)


def refusal(folder: Path, document: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read_ir(written(folder, document))
    assert caught.value.exit_status == ExitStatus.USAGE
    return str(caught.value)


def test_read_ir_gives_nodes_configuration_and_inputs(
    tmp_path: Path, document: dict[str, Any], repository: Path
) -> None:
    ir = read_ir(written(tmp_path, document))
    assert ir.name == "penguins"
    assert ir.node_ids == ["A", "B", "C", "D", "E"]
    assert ir.upstream["D"] == ["B", "C"]
    assert ir.ancestors("D") == ["A", "B", "C"]
    assert ir.ancestors("A") == ir.ancestors("E") == []
    assert ir.config == load_config(repository / "configs/penguins.yaml").config
    assert ir.config is not None and ir.config.root == Path.cwd()
    assert ir.inputs is not None and ir.inputs.table_folder == "gs://bucket/input/1"


def test_read_ir_knows_where_beam_works(tmp_path: Path, document: dict[str, Any]) -> None:
    ir = read_ir(written(tmp_path, document))
    assert [ir.beam_use(node) for node in "ABCD"] == ["elsewhere", "here", "none", "none"]


def test_read_ir_takes_an_ir_of_tfx_alone(tmp_path: Path, document: dict[str, Any]) -> None:
    ir = read_ir(written(tmp_path, document["pipeline"]))
    assert ir.node_ids == ["A", "B", "C", "D", "E"]
    assert ir.config is None and ir.inputs is None


@pytest.mark.parametrize("name", ["package", "tfx", "format"])
def test_read_ir_of_another_version_names_both(
    tmp_path: Path, document: dict[str, Any], name: str
) -> None:
    mine = document[name]
    text = refusal(tmp_path, document | {name: "0.0.9"})
    assert f"made by another version: {name} 0.0.9, here it is {mine}" in text
    assert "compile it again" in text


def test_read_ir_of_what_is_no_ir_file_says_so(tmp_path: Path, document: dict[str, Any]) -> None:
    assert "not JSON" in refusal(tmp_path, "{")
    assert "neither an IR file nor an IR of TFX" in refusal(tmp_path, "[]")
    assert "neither an IR file nor an IR of TFX" in refusal(tmp_path, {"name": "penguins"})
    assert "not an IR file" in refusal(tmp_path, document | {"config": {"name": "x"}})
    assert "not an IR file" in refusal(tmp_path, document | {"inputs": {"folder": "x"}})
    assert "the pipeline in it is none" in refusal(tmp_path, document | {"pipeline": {}})
    del document["pipeline"]
    assert "not an IR file" in refusal(tmp_path, document)


def test_read_ir_of_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the IR file cannot be used") as caught:
        read_ir(str(tmp_path / "none.json"))
    assert "no such file" in str(caught.value) and "compile --target ir" in str(caught.value)
    (tmp_path / "latin.json").write_bytes(b'{"a": "\xe9"}')
    with pytest.raises(ConfigError) as caught:
        read_ir(str(tmp_path / "latin.json"))
    assert "not a text" in str(caught.value)
    with pytest.raises(StepError, match="cannot be read"):
        read_ir(str(tmp_path))
    with pytest.raises(StepError, match="cannot be read") as unread:
        read_ir("nosuch://bucket/ir.json")
    assert "nosuch" in str(unread.value)


@pytest.mark.slow
def test_compiled_ir_is_the_same_every_time_and_holds_no_secret(tmp_path: Path) -> None:
    settings = (
        "environment.metadata.kind=postgresql",
        "environment.metadata.host=db",
        "environment.metadata.user=keeper",
    )
    project = NodeProject(tmp_path, *settings)
    again = project.compile("again.json", *settings)
    assert project.ir.read_bytes() == again.read_bytes()
    text = project.ir.read_text(encoding="utf-8")
    assert "password" not in text.replace("password_env", "")
    ir = read_ir(str(project.ir))
    assert ir.upstream["Pusher"] == ["InfraCheck", "ModelRiskAssessor", "Trainer"]
    assert ir.config is not None
    assert ir.config.root_uri == str(tmp_path / "tfx_pipeline_output/penguins")
    assert ir.config.serving_uri == str(tmp_path / "serving_model/penguins")
    assert ir.config.environment.metadata.user == "keeper"


@pytest.mark.slow
def test_ir_of_another_value_is_made_without_the_submitters_files(
    repository: Path, tmp_path: Path
) -> None:
    settings = ("environment.runtime_parameters=[model.epochs]", "model.epochs=3")
    config = load_config(repository / "configs/taxi.yaml", None, settings).config
    document = json.loads(make_ir(config, PipelineInputs("/gone/table", "/gone/schema.pbtxt")))
    assert Path(document["config"]["data"]["schema_file"]).is_file()
    document["config"]["data"]["schema_file"] = "/gone/schema/taxi/schema.pbtxt"
    ir = read_ir(written(tmp_path, document))

    assert overridden(ir, ["model.epochs=3"]) is ir
    changed = overridden(ir, ["model.epochs=2"])

    pairs = zip(ir.pipeline["nodes"], changed.pipeline["nodes"], strict=True)
    differ = [each["pipelineNode"]["nodeInfo"]["id"] for each, now in pairs if each != now]
    assert differ == ["Trainer", "ModelRiskAssessor"]  # which trains models like it
    assert changed.config is not None and changed.config.model.epochs == 2
