"""The JSON Schema by which editors check configuration files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tfx_pipeline.config.json_schema import render


def test_render_equals_the_shipped_file(repository: Path) -> None:
    shipped = (repository / "configs/schema.json").read_text(encoding="utf-8")
    assert shipped == render(), "run `make schema`"


def test_render_documents_every_field() -> None:
    schema = json.loads(render())
    sections: dict[str, Any] = {"PipelineConfig": schema, **schema["$defs"]}
    bare = [
        f"{section}.{name}"
        for section, definition in sections.items()
        for name, field in definition.get("properties", {}).items()
        if not (field.get("description") or "$ref" in field)  # a section describes itself
    ]
    assert bare == []
