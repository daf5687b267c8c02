"""What a model says of itself, as JSON in the metadata of its file."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from tfx_pipeline.export.facts import ExportFacts, json_text
from tfx_pipeline.export.tflite.graph import FACTS_NAME
from tfx_pipeline.export.tflite.library import schema
from tfx_pipeline.modules.description.model_description import ModelDescription


def facts_text(description: ModelDescription, facts: ExportFacts, kind: str) -> str:
    """Write `ExportFacts`, the task, the classes, and the kind of numbers."""
    said = dataclasses.asdict(facts) | {
        "kind": kind,
        "task": description.answer.task,
        "classes": list(description.answer.classes),
    }
    return json_text(said)


def read_facts(content: bytes) -> dict[str, Any]:
    """Read what `facts_text` wrote into a file of these bytes; without TensorFlow.

    Raises:
        ValueError: it is no TFLite model, or not one of ours.
    """
    made = schema()
    if content[4:8] != b"TFL3":
        raise ValueError("this is no TFLite model: it does not begin as one")
    model = made.Model.GetRootAs(content, 0)
    for place in range(model.MetadataLength()):
        entry = model.Metadata(place)
        if entry.Name() == FACTS_NAME.encode():
            return json.loads(model.Buffers(entry.Buffer()).DataAsNumpy().tobytes())
    raise ValueError(f"this TFLite model has no metadata {FACTS_NAME}: another tool made it")
