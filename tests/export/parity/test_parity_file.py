"""`parity.json`, and which folders an export may write into."""

import json

import pytest

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.export.exported import FormatReport
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.parity.parity_file import PARITY_FILE, check_folder, write_parity

FACTS = ExportFacts("taxi", "7", (), "", "", "tests", {}, {})
ONNX = FormatReport("onnx", "model.onnx", 10, "equal", 12, 10, 1e-7)


def formats_in(folder):
    return json.loads((folder / PARITY_FILE).read_text())["formats"]


def test_write_parity_says_what_proved_each_format(tmp_path):
    write_parity(tmp_path / "new", FACTS, "digest", [ONNX])
    content = json.loads((tmp_path / "new" / PARITY_FILE).read_text())
    assert (content["model"], content["version"], content["made_by"]) == ("taxi", "7", "tests")
    onnx = content["formats"]["onnx"]
    assert (onnx["verdict"], onnx["rows"], onnx["largest_difference"]) == ("equal", 12, 1e-7)
    assert "error" not in onnx


def test_write_parity_keeps_other_formats_of_the_same_model(tmp_path):
    write_parity(tmp_path, FACTS, "digest", [ONNX])
    write_parity(tmp_path, FACTS, "digest", [FormatReport("pmml", "model.pmml", 5, "equal")])
    assert [*formats_in(tmp_path)] == ["onnx", "pmml"]


def test_write_parity_without_a_verdict_forgets_the_format(tmp_path):
    write_parity(tmp_path, FACTS, "digest", [ONNX])
    write_parity(tmp_path, FACTS, "digest", [FormatReport("onnx")])
    assert formats_in(tmp_path) == {}


@pytest.mark.parametrize("files", [[], ["parity.json"], ["model.onnx", "parity.json"]])
def test_check_folder_takes_an_empty_one_and_an_export_of_the_same_model(tmp_path, files):
    for name in files:
        (tmp_path / name).write_text("x")
    if files:
        write_parity(tmp_path, FACTS, "digest", [ONNX])
    check_folder(tmp_path, "digest")
    check_folder(tmp_path / "new", "digest")


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("notes.txt", "holds something else"),
        ("model.onnx", "no parity.json says of which model"),
        ("parity.json", "no parity.json says of which model"),
    ],
)
def test_check_folder_refuses_what_is_something_else(tmp_path, file, says):
    (tmp_path / file).write_text("{}")
    with pytest.raises(ConfigError, match="the export has no place") as refused:
        check_folder(tmp_path, "digest")
    assert says in str(refused.value) and file in str(refused.value)


def test_check_folder_refuses_a_file_and_another_model(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as refused:
        check_folder(tmp_path / "file", "digest")
    assert "a file, not a folder" in str(refused.value)
    write_parity(tmp_path / "old", FACTS, "another digest", [ONNX])
    with pytest.raises(ConfigError) as refused:
        check_folder(tmp_path / "old", "digest")
    assert "another model" in str(refused.value) and "taxi 7" in str(refused.value)
