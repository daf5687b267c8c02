"""What an ONNX file says of its model: `metadata_props`, of which some are JSON, and a text."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tfx_pipeline.export.facts import ExportFacts, InputFacts, json_text

PRODUCER = "tfx-pipeline"
INPUTS = "inputs"
"""The key of the list of inputs: each an `InputFacts` and `input`, what the graph calls it."""


def properties(facts: ExportFacts, inputs: Mapping[str, str]) -> dict[str, str]:
    """Give what is known by key; `inputs` are those of the graph, by column."""
    said = {each.name: each for each in facts.inputs}
    return {
        "name": facts.name,
        "version": facts.version,
        INPUTS: json_text([_input(said[column], name) for column, name in inputs.items()]),
        "data_fingerprint": facts.data_fingerprint,
        "licence": facts.licence,
        "made_by": facts.made_by,
        "example": json_text(facts.example),
        "answer": json_text(facts.answer),
    }


def description_text(facts: ExportFacts, inputs: Mapping[str, str]) -> str:
    """Say the same to a person who looks at the file."""
    lines = [f"{facts.name} {facts.version}: raw columns in, answers out. Inputs, [batch] each:"]
    for each in facts.inputs:
        if each.name not in inputs:
            continue
        words = [f"- {inputs[each.name]}: {each.type}"]
        if inputs[each.name] != each.name:
            words.append(f"the column {each.name}")
        words += [x for x in (each.meaning, f"in {each.unit}" if each.unit else "") if x]
        if each.low is not None or each.high is not None:
            words.append(f"from {_bound(each.low)} to {_bound(each.high)}")
        lines.append(", ".join(words))
    lines.append('Missing is NaN, or "" in texts; whole numbers are sent as float64 (double).')
    return "\n".join(lines)


def _input(said: InputFacts, name: str) -> dict[str, Any]:
    """Leave out what nobody said."""
    known = dataclasses.asdict(said)
    # 0 and 0.0 say something, though they equal False.
    kept = {
        key: value
        for key, value in known.items()
        if value is not None and value is not False and value != "" and value != ()
    }
    return {**kept, "input": name}


def _bound(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"
