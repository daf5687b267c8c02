"""Header, data dictionary and an example: what a document says of itself.

https://dmg.org/pmml/v4-4-1/DataDictionary.html, …/ModelVerification.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tfx_pipeline.export.facts import ExportFacts, InputFacts, json_text
from tfx_pipeline.export.pmml.writing.answers import AnswerNames
from tfx_pipeline.export.pmml.writing.xml import element, escaped, is_sayable, number
from tfx_pipeline.modules.description.columns import CellType, Column
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.features.missing_marks import read_marks

_DATA_TYPES: dict[CellType, str] = {"float32": "float", "int64": "double", "string": "string"}
_NOT_NUMBERS = ("NaN", "INF", "-INF", "Infinity", "-Infinity")
_PRECISION = "1E-5"


def header(facts: ExportFacts) -> str:
    """Write where the model comes from, and of what data."""
    said = {
        "data_fingerprint": facts.data_fingerprint,
        "licence": facts.licence,
        "example": json_text(facts.example),
        "answer": json_text(facts.answer),
    }
    name, _, version = facts.made_by.rpartition(" ")
    extensions = [
        element("Extension", name=key, value=value) + "\n"
        for key, value in said.items()
        if value and is_sayable(value)
    ]
    application = element("Application", name=name or facts.made_by, version=version or None)
    return element(
        "Header",
        "\n",
        *extensions,
        application,
        description=facts.name,
        modelVersion=facts.version,
    )


def data_dictionary(description: ModelDescription, facts: ExportFacts, names: AnswerNames) -> str:
    """Write the columns, with what is known of them, and the target."""
    known = {each.name: each for each in facts.inputs}
    fields = [
        _data_field(column, known.get(column.name, InputFacts(column.name, column.type)))
        for column in description.columns
    ]
    classes = [element("Value", value=each) for each in description.answer.classes]
    target = element(
        "DataField",
        *classes,
        name=names.target,
        optype="categorical" if classes else "continuous",
        dataType="string" if classes else "double",
    )
    return element("DataDictionary", "\n", *fields, target)


def _data_field(column: Column, facts: InputFacts) -> str:
    content = []
    if facts.unit:
        content.append(element("Extension", name="unit", value=facts.unit))
    if facts.required:
        content.append(element("Extension", name="required", value="true"))
    if column.type != "string" and (facts.low is not None or facts.high is not None):
        low, high = (None if x is None else number(float(x)) for x in (facts.low, facts.high))
        content.append(
            element("Interval", closure="closedClosed", leftMargin=low, rightMargin=high)
        )
    missing = _missing(column)
    content += [element("Value", value=x, property="missing") for x in missing if is_sayable(x)]
    values = dict.fromkeys(x for x in facts.values if is_sayable(x) and x not in missing)
    if column.type == "string":
        content += [element("Value", value=x) for x in values]
    field = element(
        "DataField",
        *content,
        name=column.name,
        displayName=facts.meaning or None,
        optype="categorical" if column.type == "string" else "continuous",
        dataType=_DATA_TYPES[column.type],
    )
    return field + "\n"


def _missing(column: Column) -> list[str]:
    """List the cells that mean missing, as they are sent."""
    marks = read_marks(column.marks)
    if column.type == "string":
        return list(dict.fromkeys(["", *marks.texts]))
    held = marks.held if column.type == "float32" else ()  # the others once they are rounded
    return [*_NOT_NUMBERS, *dict.fromkeys(number(np.float32(x)) for x in held)]


def verification(description: ModelDescription, facts: ExportFacts, names: AnswerNames) -> str:
    """Write the example, with its answer, as an evaluator can check it; "" where there is none."""
    cells = {x: _cell(facts.example.get(x, "")) for x in (c.name for c in description.columns)}
    given = {name: cell for name, cell in cells.items() if cell is not None}
    answers = _expected(description, facts.answer, names)
    texts = {
        name: value if isinstance(value, str) else number(float(value))
        for name, value in (given | answers).items()
    }
    is_said = all(map(is_sayable, texts.values()))
    if not answers or not is_said or len(texts) < 2:  # a row has two cells
        return ""
    fields, row = [], []
    for place, (name, value) in enumerate(texts.items()):
        precision = _PRECISION if name in answers else None
        fields.append(
            element(
                "VerificationField",
                field=name,
                column=f"c{place}",
                precision=precision,
                zeroThreshold=precision,
            )
        )
        row.append(element(f"c{place}", escaped(value)))
    return element(
        "ModelVerification",
        element("VerificationFields", *fields),
        element("InlineTable", element("row", *row)),
        recordCount="1",
        fieldCount=len(fields),
    )


def _expected(
    description: ModelDescription, answer: Mapping[str, Any], names: AnswerNames
) -> dict[str, Any]:
    """Find the answers by the names of output fields."""
    found: dict[str, Any] = {}
    for said, name in names.outputs.items():
        if said in answer:
            found[name] = answer[said]
    shares = answer.get("probabilities")
    if shares is not None:
        for each, share in zip(description.answer.classes, shares, strict=True):
            found[names.outputs[f"probabilities[{each}]"]] = share
    return found


def _cell(value: float | str) -> float | str | None:
    """Give a raw cell; None where it is missing."""
    if isinstance(value, str):
        return value or None
    return float(value) if np.isfinite(value) else None
