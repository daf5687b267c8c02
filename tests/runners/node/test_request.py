"""Run ids become folders that TFX makes and removes: they stay below their own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.node.request import NodeRequest, check_request

IR: Any = SimpleNamespace(upstream={"Trainer": []}, node_ids=["Trainer"], name="taxi")


@pytest.mark.parametrize("field", ["run_id", "reuse"])
@pytest.mark.parametrize(
    "value",
    ["a/../../x", "a/..", "a/./b", "a//b", "a/", "/a", "..", "../a", "", "-a", "a b", "a\\b", "ü"],
)
def test_check_request_refuses_ids_that_are_no_names_of_folders(field: str, value: str) -> None:
    request = NodeRequest(**{"ir": "x", "node_ids": ["Trainer"], "run_id": "one", field: value})
    with pytest.raises(ConfigError, match="not a run id") as error:
        check_request(request, IR)
    assert "no part between `/` that is empty" in str(error.value)


@pytest.mark.parametrize(
    "value", ["one", "20260101-1", "projects/1/pipelineJobs/a-b_c.d", "a..b", "a/...b"]
)
def test_check_request_takes_the_ids_of_clusters(value: str) -> None:
    check_request(NodeRequest("x", ["Trainer"], value), IR)
