"""Write `configs/schema.json`, by which editors complete and check configuration files."""

from __future__ import annotations

import json
from pathlib import Path

from tfx_pipeline.config.root import PipelineConfig

_FILE = Path(__file__).resolve().parents[2] / "configs" / "schema.json"


def render() -> str:
    """Give the JSON Schema of the configuration as text."""
    return json.dumps(PipelineConfig.model_json_schema(), indent=1) + "\n"


if __name__ == "__main__":
    _FILE.write_text(render(), encoding="utf-8")
