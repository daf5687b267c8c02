"""Write `report/schemas/model_risk.schema.json`: the form of `model_risk.json`, for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tfx_pipeline.evaluation.risk.findings import RISK_FILE, RiskVerdict

SCHEMA_FILE = Path(__file__).parents[2] / "report" / "schemas" / "model_risk.schema.json"


def render() -> str:
    """Give the JSON Schema as text: no other keys, and null for a figure that is not finite."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(RiskVerdict).json_schema(mode="serialization")
    for each in (schema, *schema["$defs"].values()):
        each["additionalProperties"] = False
        for field in each["properties"].values():
            if field.get("type") == "number":
                field["type"] = ["number", "null"]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{RISK_FILE}: what the risk checks found of a model",
    }
    document: dict[str, Any] = {**head, **{k: v for k, v in schema.items() if k != "title"}}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(render(), encoding="utf-8")
