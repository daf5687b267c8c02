"""Facts of the inputs: what the schema and people say of them."""

from __future__ import annotations

import numpy as np
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.export.facts import InputFacts
from tfx_pipeline.export.input_facts import input_facts
from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.heads import LinearHead
from tfx_pipeline.modules.description.model_description import Answer, ModelDescription

SCHEMA = """
feature { name: "fare" type: FLOAT presence { min_fraction: 1.0 } float_domain { min: 0 } }
feature { name: "hour" type: INT int_domain { min: 0 max: 23 } }
feature { name: "way" type: BYTES domain: "ways" }
feature { name: "zone" type: BYTES string_domain { value: "b" value: "a" } }
string_domain { name: "ways" value: "Cash" value: "Card" }
"""


def described(*columns: Column) -> ModelDescription:
    nothing = np.zeros(0)
    head = LinearHead(nothing, nothing, nothing, nothing, nothing, nothing)
    return ModelDescription(columns, (), {}, {}, head, Answer("regression"))


def test_input_facts_take_bounds_values_and_words_in_the_order_of_the_description() -> None:
    schema = text_format.Parse(SCHEMA, schema_pb2.Schema())
    description = described(
        Column("way", "string"),
        Column("fare", "float32"),
        Column("hour", "int64"),
        Column("zone", "string"),
        Column("unknown", "float32"),
    )
    facts = input_facts(description, schema, {"fare": ("without tip", "dollars"), "x": ("", "")})
    assert facts == (
        InputFacts("way", "string", values=("Cash", "Card")),
        InputFacts("fare", "float32", required=True, unit="dollars", meaning="without tip", low=0),
        InputFacts("hour", "int64", low=0, high=23),
        InputFacts("zone", "string", values=("b", "a")),
        InputFacts("unknown", "float32"),
    )


def test_input_facts_without_a_schema_are_names_and_types_and_many_values_are_cut() -> None:
    assert input_facts(described(Column("a", "int64"))) == (InputFacts("a", "int64"),)
    schema = schema_pb2.Schema()
    feature = schema.feature.add(name="a", type=schema_pb2.BYTES)
    feature.string_domain.value.extend(map(str, range(1001)))
    (facts,) = input_facts(described(Column("a", "string")), schema)
    assert len(facts.values) == 1000
