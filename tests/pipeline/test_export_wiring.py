"""The exports in the pipeline: where they stand, what they are told, and on which targets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.test_infra_wiring import configured, nodes_of
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.pipeline.step_code import STEPS
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.pipeline.step_pages import STEP_PAGES

pytestmark = pytest.mark.slow

EXPORT = "export=onnx,pmml"


def told(node: Any) -> Any:
    from tfx_pipeline.components.format_exporter.settings import ExportSettings

    return ExportSettings.from_json(node.exec_properties["settings"])


def test_create_pipeline_without_formats_has_no_exporter(repository: Path) -> None:
    config = configured(repository)
    nodes = nodes_of(config)
    assert list(nodes) == step_order(config)
    assert "FormatExporter" not in nodes
    assert "exported_model" not in nodes["Pusher"].inputs
    # What was refused while there was an export is no baseline now: it was never served.
    assert "exported" in nodes["latest_blessed_model_resolver"].inputs


@pytest.mark.parametrize(
    ("overrides", "judge"),
    [((), "ModelRiskAssessor"), (("risk.enabled=false", "push.infra_check=none"), "Evaluator")],
)
def test_create_pipeline_with_formats_exports_what_was_blessed_before_the_push(
    repository: Path, overrides: tuple[str, ...], judge: str
) -> None:
    config = configured(repository, EXPORT, *overrides)
    nodes = nodes_of(config)
    assert list(nodes) == step_order(config)
    assert list(nodes)[-2:] == ["FormatExporter", "Pusher"]
    inputs = nodes["FormatExporter"].inputs
    assert {name: x.producer_component_id for name, x in inputs.items()} == {
        "examples": "CsvExampleGen",
        "model": "Trainer",
        "schema": "SchemaGen",
        "model_blessing": judge,
    }
    pushed = nodes["Pusher"].inputs
    assert pushed["model_blessing"].producer_component_id == "FormatExporter"
    assert pushed["exported_model"].producer_component_id == "FormatExporter"
    assert pushed["model"].producer_component_id == "Trainer"


def test_create_pipeline_tells_the_exporter_what_the_configuration_and_the_readme_say(
    repository: Path,
) -> None:
    config = configured(
        repository,
        "export={formats: [tflite, onnx], eval_rows: 50, hurting_rows: 60}",
        "export.budget={bytes: 70000, max_loss: 0.5}",
        "push.model_name=birds",
    )
    settings = told(nodes_of(config)["FormatExporter"])
    assert (settings.model, settings.formats) == ("birds", ("tflite", "onnx"))
    assert (settings.eval_rows, settings.hurting_rows) == (50, 60)
    assert settings.budget == {"bytes": 70000, "max_loss": 0.5}
    assert settings.kinds == ("float32", "float16", "dynamic", "int8")  # one that fits is chosen
    assert settings.words["body_mass_g"] == ("body mass", "grams")
    assert set(settings.words) == set(config.raw_features)
    assert "CC0 1.0" in settings.licence
    plain = told(nodes_of(configured(repository, "export=tflite"))["FormatExporter"])
    assert (plain.kinds, plain.budget) == (("float32",), {})


def test_steps_know_the_exporter(repository: Path) -> None:
    assert STEP_PAGES["FormatExporter"].settings == ("export",)
    assert "tfx_pipeline.export.tflite.emitter" in STEPS["FormatExporter"].modules


def test_package_gives_the_artifact_type_that_vertex_ai_asks_it_for() -> None:
    import tfx_pipeline
    from tfx_pipeline.components.exported_model import ExportedModel

    assert getattr(tfx_pipeline, ExportedModel.TYPE_NAME.rpartition(".")[2]) is ExportedModel


def test_ir_with_formats_lets_the_pusher_wait_for_them(repository: Path) -> None:
    from tfx_pipeline.pipeline.inputs import PipelineInputs
    from tfx_pipeline.runners.node.ir_file import make_ir

    ir = json.loads(make_ir(configured(repository, EXPORT), PipelineInputs("/nowhere", None)))
    nodes = {
        x["pipelineNode"]["nodeInfo"]["id"]: x["pipelineNode"] for x in ir["pipeline"]["nodes"]
    }
    assert set(nodes["Pusher"]["upstreamNodes"]) >= {"FormatExporter", "Trainer"}
    assert nodes["FormatExporter"]["downstreamNodes"] == ["Pusher"]


def test_ir_with_formats_keeps_what_is_said_of_the_table(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfx_pipeline.pipeline import export_part
    from tfx_pipeline.pipeline.inputs import PipelineInputs
    from tfx_pipeline.runners.node.ir_file import make_ir, read_ir

    config = configured(repository, EXPORT)
    file = tmp_path / "ir.json"
    file.write_text(make_ir(config, PipelineInputs("/nowhere", None)), encoding="utf-8")
    monkeypatch.setattr(export_part, "read_table_words", None)  # as where there is no README
    ir = read_ir(str(file))
    assert ir.inputs is not None and "CC0 1.0" in ir.inputs.licence
    again = ir.with_config(configured(repository, EXPORT, "export.eval_rows=9"))
    (node,) = (
        x["pipelineNode"]
        for x in again.pipeline["nodes"]
        if x["pipelineNode"]["nodeInfo"]["id"] == "FormatExporter"
    )
    settings = json.loads(node["parameters"]["parameters"]["settings"]["fieldValue"]["stringValue"])
    assert settings["words"]["body_mass_g"] == ["body mass", "grams"]
    assert settings["eval_rows"] == 9


def test_vertex_job_with_formats_has_them_pushed_by_our_pusher_alone(repository: Path) -> None:
    from tfx_pipeline.pipeline.inputs import PipelineInputs
    from tfx_pipeline.runners.cluster.vertex.rendering import render
    from tfx_pipeline.targets import conformance

    image = "registry.example.com/tf2-cpu:2-15"
    overrides = (EXPORT, f"environment.vertex.push={{serving_image: '{image}', endpoint: cabs}}")
    config = load_config(repository / "configs/taxi.yaml", "vertex", overrides).config
    inputs = PipelineInputs("gs://bucket/input", "gs://bucket/schema/schema.pbtxt")
    job = render(config, inputs)
    tasks = job["pipelineSpec"]["root"]["dag"]["tasks"]
    assert {"exported_model", "model_blessing"} <= tasks["Pusher"]["inputs"]["artifacts"].keys()
    vertex = tasks["VertexPusher"]["inputs"]["artifacts"]
    assert "exported_model" not in vertex
    assert vertex["model_blessing"]["taskOutputArtifact"]["producerTask"] == "FormatExporter"
    assert conformance.check_document(config, "vertex-native", job) == ()


def test_formats_are_fixed_when_compiled(repository: Path) -> None:
    from tfx_pipeline.runners.cluster.runtime_parameters import runtime_parameters

    config = configured(repository, "environment.runtime_parameters=export.formats")
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        runtime_parameters(config)
    assert "`export.formats` is fixed when compiled" in str(caught.value)
    config = configured(repository, EXPORT, "environment.runtime_parameters=export.eval_rows")
    (parameter,) = runtime_parameters(config)
    assert parameter.field == "export.eval_rows"


@pytest.mark.parametrize("target", ["local", "ir", "kfp", "vertex-native", "vertex-generic"])
def test_no_target_complains_about_formats(repository: Path, target: Any) -> None:
    from tfx_pipeline.targets.conformance import check

    config = configured(repository, EXPORT, "environment.steps.FormatExporter={memory: 4Gi}")
    plain = check(configured(repository, "environment.steps.Trainer={memory: 4Gi}"), target)
    report = check(config, target)
    assert not [x for x in report.errors if "FormatExporter" in str(x) or "export" in str(x)]
    assert len(report.errors) == len(plain.errors)
