"""FormatExporter on the shipped penguins: what it writes, when it blesses, and when it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.components.format_exporter.settings import ExportSettings
from tfx_pipeline.errors import StepError
from tfx_pipeline.export.formats import FORMATS
from tfx_pipeline.export.verdict import ExportVerdict
from tfx_pipeline.modules.description.description_file import LOCATION
from tfx_pipeline.storage import fileio

pytestmark = pytest.mark.slow

ONNX = ExportSettings("penguins", ("onnx",), 40, 60)
SERVED = "Format-Serving"


class Exported:
    """What the component left behind."""

    def __init__(self, place: str, artifacts: dict[str, str], settings: ExportSettings = ONNX,
                 **other: str) -> None:  # fmt: skip
        from tfx.types import standard_artifacts as standard

        from tfx_pipeline.components.exported_model import ExportedModel
        from tfx_pipeline.components.format_exporter.executor import FormatExporterExecutor

        def artifact(kind: Any, uri: str, number: int = 1) -> Any:
            made = kind()
            made.uri, made.id = uri, number
            return made

        examples = artifact(
            standard.Examples, other.get("examples", artifacts["CsvExampleGen.examples"])
        )
        examples.split_names = '["train", "eval"]'
        examples.set_string_custom_property("data_digest", "0123456789abcdef")
        judged = artifact(
            standard.ModelBlessing, other.get("judged", artifacts["Evaluator.blessing"])
        )
        model = artifact(standard.Model, other.get("model", artifacts["Trainer.model"]), 17)
        schema = artifact(standard.Schema, other.get("schema", artifacts["SchemaGen.schema"]))
        self.exported = artifact(ExportedModel, f"{place}/exported")
        self.blessing = artifact(standard.ModelBlessing, f"{place}/blessing")
        inputs = {"examples": [examples], "model": [model], "schema": [schema],
                  "model_blessing": [judged]}  # fmt: skip
        outputs = {"exported_model": [self.exported], "blessing": [self.blessing]}
        FormatExporterExecutor().Do(inputs, outputs, {"settings": settings.to_json()})

    @property
    def verdict(self) -> ExportVerdict:
        return ExportVerdict.parse(fileio.read_bytes(f"{self.exported.uri}/export.json"))

    @property
    def files(self) -> set[str]:
        return set(fileio.list_files(self.exported.uri))

    @property
    def is_blessed(self) -> bool:
        (mark,) = set(fileio.list_files(self.blessing.uri)) & {"BLESSED", "NOT_BLESSED"}
        for artifact in (self.exported, self.blessing):
            assert artifact.get_int_custom_property("blessed") == (mark == "BLESSED")
            assert artifact.get_int_custom_property("current_model_id") == 17
        return mark == "BLESSED"


def test_exporter_of_a_blessed_model_writes_the_formats_and_blesses_it(
    local_penguins: dict[str, str], tmp_path: Path
) -> None:
    made = Exported(str(tmp_path), local_penguins)
    assert made.is_blessed
    assert made.files == {"export.json", "formats/model.onnx", "formats/parity.json"}
    assert made.exported.get_string_custom_property("formats") == "onnx"
    assert made.blessing.get_string_custom_property("judge") == "FormatExporter"
    assert (
        made.blessing.get_string_custom_property("current_model") == local_penguins["Trainer.model"]
    )
    (told,) = made.verdict.formats
    assert (told.verdict, told.rows, told.real_rows) == ("equal", 100, 40)
    said = Path(made.blessing.uri, "verdict.json").read_bytes()
    assert said == Path(local_penguins["Evaluator.blessing"], "verdict.json").read_bytes()
    parity = json.loads(Path(made.exported.uri, "formats/parity.json").read_text())
    assert (parity["model"], len(parity["version"])) == ("penguins", 16)  # no run: its digest


def test_exporter_gives_the_same_bytes_again(
    local_penguins: dict[str, str], tmp_path: Path
) -> None:
    once, again = (Exported(f"{tmp_path}/{name}", local_penguins) for name in "ab")
    files = [Path(x.exported.uri, "formats/model.onnx").read_bytes() for x in (once, again)]
    assert files[0] == files[1]


def test_exporter_of_a_model_that_was_refused_exports_nothing(
    local_penguins: dict[str, str], tmp_path: Path
) -> None:
    judged = tmp_path / "judged"
    judged.mkdir()
    (judged / "NOT_BLESSED").touch()
    (judged / "model_risk.json").write_text("{}")
    made = Exported(str(tmp_path), local_penguins, judged=str(judged))
    assert not made.is_blessed
    assert made.files == {"export.json"}
    assert made.verdict.note == "nothing was exported: the model is not blessed"
    assert made.verdict.refusals == ()
    assert set(fileio.list_files(made.blessing.uri)) == {
        "NOT_BLESSED", "export.json", "model_risk.json"}  # fmt: skip


def test_exporter_of_a_format_that_differs_refuses_and_keeps_the_others(
    local_penguins: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emit = type(FORMATS["onnx"]).emit

    def emitted(self: Any, description: Any, facts: Any) -> bytes:
        from tests.e2e.spoilt_export import shifted

        return emit(self, shifted(description) if self.name == "onnx" else description, facts)

    monkeypatch.setattr(type(FORMATS["onnx"]), "emit", emitted)
    settings = ExportSettings("penguins", ("onnx", "pmml"), 40, 60)
    made = Exported(str(tmp_path), local_penguins, settings)
    assert not made.is_blessed
    assert [x.verdict for x in made.verdict.formats] == ["refused", "equal"]
    assert made.files == {"export.json", "formats/model.pmml", "formats/parity.json"}
    assert made.exported.get_string_custom_property("formats") == "pmml"
    assert "does not answer as the model does" in made.verdict.refusals[0].what
    assert "they part at" in made.verdict.refusals[1].what
    assert len(made.verdict.refusals) == 2
    assert {x.what.partition(" ")[0] for x in made.verdict.worst_rows} == {"differs"}


def test_exporter_of_a_model_without_a_description_says_what_to_do(
    local_penguins: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(local_penguins["Trainer.model"], tmp_path / "model")
    (tmp_path / "model" / SERVED / LOCATION).unlink()
    made = Exported(str(tmp_path), local_penguins, model=str(tmp_path / "model"))
    assert not made.is_blessed
    (refusal,) = made.verdict.refusals
    assert "run the pipeline again" in str(refusal)
    (tmp_path / "model" / SERVED / LOCATION).write_bytes(b"damaged")
    made = Exported(str(tmp_path), local_penguins, model=str(tmp_path / "model"))
    assert not made.is_blessed
    assert "no description of a model" in str(made.verdict.refusals[0])


def test_exporter_beyond_the_budget_refuses_with_the_table(
    local_penguins: dict[str, str], tmp_path: Path
) -> None:
    settings = ExportSettings("penguins", ("tflite",), 40, 60, budget={"bytes": 100})
    made = Exported(str(tmp_path), local_penguins, settings)
    assert not made.is_blessed
    told = "\n".join(map(str, made.verdict.refusals))
    assert "no kind of the TFLite model fits the budget" in told
    assert "over bytes" in told


def test_exporter_of_damaged_examples_fails(local_penguins: dict[str, str], tmp_path: Path) -> None:
    for split in ("train", "eval"):
        folder = tmp_path / f"examples/Split-{split}"
        folder.mkdir(parents=True)
        (folder / "data_tfrecord-00000-of-00001.gz").write_bytes(b"damaged")
    with pytest.raises(StepError, match="the file is damaged"):
        Exported(str(tmp_path), local_penguins, examples=str(tmp_path / "examples"))


def test_exporter_of_a_split_without_rows_proves_on_made_ones(
    local_penguins: dict[str, str], tmp_path: Path
) -> None:
    for split in ("train", "eval"):
        (tmp_path / f"examples/Split-{split}").mkdir(parents=True)
    made = Exported(str(tmp_path), local_penguins, examples=str(tmp_path / "examples"))
    assert made.is_blessed
    assert [(x.rows, x.real_rows) for x in made.verdict.formats] == [(60, 0)]


def test_exporter_on_a_store_brings_the_formats_there(
    local_penguins: dict[str, str], tmp_path: Path
) -> None:
    root = f"memory://{tmp_path.name}"
    places = {}
    for name, key in (
        ("examples", "CsvExampleGen.examples"),
        ("model", "Trainer.model"),
        ("schema", "SchemaGen.schema"),
        ("judged", "Evaluator.blessing"),
    ):
        places[name] = f"{root}/{name}"
        fileio.upload_tree(Path(local_penguins[key]), places[name])
    made = Exported(root, local_penguins, **places)
    assert made.is_blessed
    assert made.files == {"export.json", "formats/model.onnx", "formats/parity.json"}
    assert made.blessing.get_string_custom_property("current_model") == places["model"]
