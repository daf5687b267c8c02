"""What came of an export, written and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.errors import Problem
from tfx_pipeline.export.exported import FormatReport
from tfx_pipeline.export.formats import FORMATS
from tfx_pipeline.export.verdict import ExportedFormat, ExportVerdict

CLOSE = ExportedFormat(
    *("tflite", "model.tflite", 19, "close", 12, 10, 0.1, 0.01, "ai-edge-litert", "1", 0.2),
    kind="int8",
    losses={"auc": [0.1, 0.0, 0.2]},
    unsteady_rows=1,
)


def test_verdict_comes_back_as_it_was(tmp_path: Path) -> None:
    verdict = ExportVerdict(False, (CLOSE,), (Problem("why", "ä"),), (Problem("row"),), "note")
    verdict.write(tmp_path)
    assert ExportVerdict.read(tmp_path) == verdict


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"blessed": true}',
        b"\xff",
        b'{"formats": [{"format": 1, "x": 2}]}',
    ],
)
def test_parse_of_something_else_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        ExportVerdict.parse(content)


def test_read_of_a_folder_without_one_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ExportVerdict.read(tmp_path)


def test_exported_format_counts_the_rows_that_its_difference_is_of() -> None:
    assert (CLOSE.name, CLOSE.compared_rows) == ("tflite int8", 9)
    equal = ExportedFormat("onnx", rows=12, real_rows=10)
    assert (equal.name, equal.compared_rows) == ("onnx", 12)


def test_fields_and_file_names_are_those_of_the_export() -> None:
    known = FormatReport.__dataclass_fields__.keys()
    assert ExportedFormat.__dataclass_fields__.keys() <= known
    # By which `deployment.pushed_formats` knows what is there.
    assert all(each.file_name == f"model.{name}" for name, each in FORMATS.items())
