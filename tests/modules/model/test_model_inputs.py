from __future__ import annotations

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.modules.model.model_inputs import ModelInputs

pytestmark = pytest.mark.slow
SCALAR = "shape { dim { size: 1 } }"
WORDS = 'feature { name: "words" type: FLOAT shape { dim { size: 3 } } }'
MILES = f'feature {{ name: "miles" type: FLOAT {SCALAR} }}'
AREA = f'feature {{ name: "area" type: INT int_domain {{ min: 0 max: 4 }} {SCALAR} }}'
HOUR = f'feature {{ name: "hour" type: INT int_domain {{ min: 0 max: 23 }} {SCALAR} }}'
LABEL = f'feature {{ name: "label" type: INT {SCALAR} }}'


def inputs_of(*features):
    schema = text_format.Parse("\n".join(features), schema_pb2.Schema())
    return ModelInputs.from_schema(schema)


def test_from_schema_reads_widths_and_numbers_of_ids_but_no_label():
    inputs = inputs_of(WORDS, HOUR, LABEL, MILES, AREA)
    assert inputs == ModelInputs({"miles": 1, "words": 3}, {"area": 5, "hour": 24})
    assert (inputs.width, inputs.size) == (4, 29)


def test_assemble_puts_columns_in_order_and_ids_in_ranges():
    inputs = inputs_of(WORDS, HOUR, MILES, AREA)
    features = {
        "hour": tf.constant([[3], [23]], tf.int64),
        "words": tf.constant([[1.0, 0, 0], [0, 1, 1]]),
        "area": tf.constant([[4], [0]], tf.int64),
        "miles": tf.constant([[0.5], [-2]]),
        "unused": tf.constant([["a"], ["b"]]),
    }
    assembled = inputs.assemble(features)
    assert assembled["numbers"].numpy().tolist() == [[0.5, 1, 0, 0], [-2, 0, 1, 1]]
    assert assembled["ids"].numpy().tolist() == [[4, 5 + 3], [0, 5 + 23]]
    assert assembled["ids"].dtype == tf.int32


@pytest.mark.parametrize(("feature", "name"), [(MILES, "numbers"), (AREA, "ids")])
def test_assemble_gives_only_matrices_that_have_columns(feature, name):
    inputs = inputs_of(feature)
    ones = {
        column: tf.ones([2, 1], tf.int64 if name == "ids" else tf.float32)
        for column in inputs.names
    }
    assert list(inputs.assemble(ones)) == [name]


@pytest.mark.parametrize(
    "feature",
    [
        f'feature {{ name: "bad" type: BYTES {SCALAR} }}',
        f'feature {{ name: "bad" type: INT {SCALAR} }}',
        f'feature {{ name: "bad" type: INT int_domain {{ min: -1 max: 4 }} {SCALAR} }}',
        'feature { name: "bad" type: FLOAT }',
        'feature { name: "bad" type: INT int_domain { max: 4 } shape { dim { size: 2 } } }',
    ],
)
def test_from_schema_column_that_feeds_no_model_raises_naming_it(feature):
    with pytest.raises(ValueError, match="transformed feature 'bad' cannot feed the model"):
        inputs_of(MILES, feature)


def test_from_schema_label_alone_raises():
    with pytest.raises(ValueError, match="no feature besides the label"):
        inputs_of(LABEL)
