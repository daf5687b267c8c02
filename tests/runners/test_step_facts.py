"""Facts of steps, read from real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.step_facts import parse_schema


def test_parse_schema_of_the_shipped_file_gives_its_columns(repository: Path) -> None:
    schema = parse_schema(repository / "schema/taxi/schema.pbtxt")
    assert len(schema.feature) == 18
    assert {feature.name for feature in schema.feature} >= {"fare", "tips", "company"}


def test_parse_schema_of_another_file_names_it(tmp_path: Path) -> None:
    file = tmp_path / "schema.pbtxt"
    file.write_text("name: taxi\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        parse_schema(file)
    assert f"{file}: not a schema" in str(caught.value)
