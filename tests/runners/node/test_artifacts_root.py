from __future__ import annotations

import json
from pathlib import Path

import pytest

from tfx_pipeline.runners.node.artifacts_root import root_above, root_of

IR = {"runtimeSpec": {"pipelineRoot": {"fieldValue": {"stringValue": "s3://bucket/said"}}}}


@pytest.mark.parametrize("document", [IR, {"package": "0.0.1", "pipeline": IR}])
def test_root_of_an_ir_of_any_version_is_what_it_says(tmp_path: Path, document: object) -> None:
    file = tmp_path / "ir.json"
    file.write_text(json.dumps(document))
    assert root_of(str(file)) == "s3://bucket/said"


@pytest.mark.parametrize("content", [None, "", "{half", "[]", "{}", '{"pipeline": 3}'])
def test_root_of_an_ir_that_is_gone_or_damaged_is_what_its_place_says(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "ir" / "0123.json"
    file.parent.mkdir()
    if content is not None:
        file.write_text(content)
    assert root_of(str(file)) == str(tmp_path)


def test_root_above_a_file_that_no_upload_wrote_is_none() -> None:
    assert root_above("gs://bucket/trips/ir/0123.json") == "gs://bucket/trips"
    assert root_above("elsewhere/ir.json") is None and root_above("ir/0123.json") is None
    assert root_above("/ir/0123.json") is None and root_above("") is None
