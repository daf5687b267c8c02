"""Write `configs/schema.json`, by which editors complete and check configuration files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig

_FILE = Path(__file__).resolve().parents[2] / "configs" / "schema.json"


def render() -> str:
    """Give the JSON Schema of the configuration as text."""
    return json.dumps(_with_plain_scalars(PipelineConfig.model_json_schema()), indent=1) + "\n"


def _with_plain_scalars(schema: Any) -> Any:
    """Let a text be written without quotes where YAML takes it for a number or a truth value."""
    if isinstance(schema, list):
        return [_with_plain_scalars(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    read = {key: _with_plain_scalars(value) for key, value in schema.items()}
    if read.get("type") == "string" and not read.keys() & {"enum", "const"}:
        read["type"] = ["string", "number", "boolean"]
    return read


if __name__ == "__main__":
    _FILE.write_text(render(), encoding="utf-8")
