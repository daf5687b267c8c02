from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tfx_pipeline.modules.smoke_rows.rows import SmokeRows, read_smoke_rows, write_smoke_rows


def test_smoke_rows_read_what_was_written(tmp_path):
    rows = SmokeRows(
        [
            {"miles": 3.2, "area": 8, "company": 'Ü "x"'},
            {"miles": math.nan, "area": 1, "company": ""},
        ],
        [
            {"probabilities": [0.25, 0.75], "class": "b"},
            {"probabilities": [1.0, 0.0], "class": "a"},
        ],
    )
    path = Path(write_smoke_rows(tmp_path, rows))
    assert path == tmp_path / "assets.extra/smoke_rows.json"
    assert [x.name for x in path.parent.iterdir()] == ["smoke_rows.json"]
    found = read_smoke_rows(tmp_path)
    assert found.predictions == rows.predictions
    assert found.instances[0] == rows.instances[0]
    assert math.isnan(found.instances[1]["miles"])


def test_read_smoke_rows_model_without_any_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_smoke_rows(tmp_path)


@pytest.mark.parametrize(
    "content",
    [{"instances": []}, {"instances": [{}], "predictions": []}, {"rows": []}],
)
def test_read_smoke_rows_other_content_raises(tmp_path, content):
    path = tmp_path / "assets.extra/smoke_rows.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"smoke_rows\.json"):
        read_smoke_rows(tmp_path)
