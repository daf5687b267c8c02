"""Anomalies in the user's terms, counted on real records."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from tfx_pipeline.components.data_gate.anomalies import (
    Offence,
    count_offences,
    refused_anomalies,
)

SCHEMA = """
feature { name: "fare" type: FLOAT float_domain { min: 0 max: 100 disallow_nan: true } }
feature { name: "pay" type: BYTES domain: "pay" presence { min_fraction: 1 } }
string_domain { name: "pay" value: "Cash" value: "Card" }
"""


def schema(text: str = SCHEMA) -> schema_pb2.Schema:
    return text_format.Parse(text, schema_pb2.Schema())


def anomaly(feature: str, kind: str, severity: str = "ERROR") -> anomalies_pb2.Anomalies:
    return text_format.Parse(
        f'anomaly_info {{ key: "{feature}" value {{ severity: {severity} '
        f'reason {{ type: {kind} short_description: "Short" description: "Long." }} }} }}',
        anomalies_pb2.Anomalies(),
    )


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> str:
    rows = [
        (1.0, b"Cash"),
        (-5.0, b"Cash"),
        (None, None),
        (math.nan, b"Gold"),
        (250.5, b"Gold"),
        (-7.25, b"Shells"),
        (-7.25, b"Card"),
        (-8.0, b"Beads"),
        (-9.0, b"Salt"),
    ]
    file = str(tmp_path_factory.mktemp("records") / "data.gz")
    with tf.io.TFRecordWriter(file, "GZIP") as writer:
        for fare, pay in rows:
            example = tf.train.Example()
            if fare is not None:
                example.features.feature["fare"].float_list.value.append(fare)
            if pay is not None:
                example.features.feature["pay"].bytes_list.value.append(pay)
            writer.write(example.SerializeToString())
    return file


def offence(records: str, feature: str, kind: str) -> Offence:
    (found,) = refused_anomalies(anomaly(feature, kind), schema(), warnings_too=False)
    assert count_offences([found], [Path(records)]) == 9
    return found


@pytest.mark.parametrize(
    ("feature", "kind", "rows", "values"),
    [
        ("fare", "FLOAT_TYPE_SMALL_FLOAT", 6, ["-5", "250.5", "-7.25"]),
        ("fare", "FLOAT_TYPE_HAS_NAN", 1, ["nan"]),
        ("pay", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", 5, ["'Gold'", "'Shells'", "'Beads'"]),
        ("pay", "FEATURE_TYPE_LOW_FRACTION_PRESENT", 1, ["(missing)"]),
    ],
)
def test_count_offences_gives_rows_and_three_different_values(
    records: str, feature: str, kind: str, rows: int, values: list[str]
) -> None:
    found = offence(records, feature, kind)
    assert (found.rows, found.values) == (rows, values)


def test_offence_to_problem_says_feature_rule_share_and_values(records: str) -> None:
    problem = offence(records, "pay", "ENUM_TYPE_UNEXPECTED_STRING_VALUES").to_problem("eval", 9)
    assert problem.what == "feature `pay`: Short: Long."
    assert problem.received == (
        "'Gold', 'Shells', 'Beads' in 5 of 9 rows (55.56%) of the eval split"
    )


def test_refused_anomalies_takes_warnings_only_when_asked() -> None:
    warning = anomaly("pay", "ENUM_TYPE_UNEXPECTED_STRING_VALUES", "WARNING")
    assert refused_anomalies(warning, schema(), warnings_too=False) == []
    assert len(refused_anomalies(warning, schema(), warnings_too=True)) == 1


def test_refused_anomalies_names_a_column_with_a_dot_as_the_table_does() -> None:
    found = anomaly("'bill.depth/mm'", "FEATURE_TYPE_NOT_PRESENT")
    found.anomaly_info["'bill.depth/mm'"].path.step.append("bill.depth/mm")
    (offence,) = refused_anomalies(found, schema(), warnings_too=False)
    assert offence.feature == "bill.depth/mm"
