"""TFDV's anomalies, each with the words of `schema accept` that make it none."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_metadata.proto.v0.anomalies_pb2 import Anomalies

from tests.schemas.conftest import schema_of, table_of
from tests.schemas.random_tables import random_schema, write_random_table
from tests.schemas.tfdv_statistics import statistics_of, without_types
from tfx_pipeline.commands.schema_review.accept import _parsed, _said
from tfx_pipeline.components.data_gate.acceptable import accept_words, allowing_rule
from tfx_pipeline.schemas.allowances import allow
from tfx_pipeline.schemas.check import check_table
from tfx_pipeline.schemas.inference import infer_schema
from tfx_pipeline.schemas.rules import ALL, Finding
from tfx_pipeline.schemas.typed_columns import TypedTable

pytestmark = [pytest.mark.slow, pytest.mark.once]

Findings = dict[str, Finding]


def anomalies_of(file: Path, schema: schema_pb2.Schema) -> tuple[Anomalies, TypedTable, Findings]:
    """Validate by TFDV what the pipeline makes of a file, and check the file itself."""
    found = {x.name: x for x in check_table(table_of(file, schema), schema, "TRAINING").findings}
    unfit = {each.feature for each in found.values() if each.rule == "type"}
    table = table_of(file, without_types(schema, unfit)).careful()
    return tfdv.validate_statistics(statistics_of(table), schema, "TRAINING"), table, found


@pytest.mark.parametrize("seed", range(60))
def test_accept_words_of_all_anomalies_make_them_none(seed: int, tmp_path: Path) -> None:
    """The table is one split; what the words do not say themselves is found in it."""
    generator = random.Random(seed)
    schema, file = random_schema(generator), tmp_path / "table.csv"
    write_random_table(file, generator)
    inferred = infer_schema(table_of(file, schema_pb2.Schema()).careful(), [])
    for _ in range(3):  # a column of a new type is looked at anew
        anomalies, table, offered = anomalies_of(file, schema)
        features = {feature.name: feature for feature in schema.feature}
        rows = table.rows or 0
        reasons = [(x, y) for x, info in anomalies.anomaly_info.items() for y in info.reason]
        reasons += [(ALL, reason) for reason in anomalies.dataset_anomaly_info.reason]
        for name, reason in reasons:
            rule = allowing_rule(reason, features.get(name, schema_pb2.Feature()))
            of_column = [x.columns[name] for x in table.blocks() if name in x.columns]
            missing = sum(column.values.null_count for column in of_column)
            for word in accept_words(rule, name, missing, rows):
                if f"type/{name}" in offered and not word.startswith("type/"):
                    continue  # the scan stops such a cell, and the gate never sees it
                wanted = _parsed(word, set(features))
                change = _said(wanted).change if wanted.value else offered[word]
                allow(schema, change.rule, change.feature, change.limit, inferred)
    left, _, found = anomalies_of(file, schema)
    assert set(left.anomaly_info) == {x.feature for x in found.values() if x.rule == "schema"}
    assert not left.HasField("dataset_anomaly_info")


@pytest.mark.parametrize(
    ("rule", "rows", "words"),
    [
        ("domain", 5, ["domain/a b"]),
        ("min_fraction", 4, ["min_fraction/a b=0.5555"]),
        ("min_count", 4, ["min_count/a b=5"]),
        ("absent", 9, ["min_fraction/a b=0", "min_count/a b=0"]),
        ("rows", 0, ["rows/(all)=9"]),
        ("unique_max=7", 0, ["unique_max/a b=7"]),
        (None, 0, []),
    ],
)
def test_accept_words_say_what_only_the_split_knows(
    rule: str | None, rows: int, words: list[str]
) -> None:
    assert accept_words(rule, "a b", rows, 9) == words


def test_allowing_rule_of_a_range_of_text_is_its_domain(tmp_path: Path) -> None:
    schema = schema_of('feature { name: "a" type: BYTES int_domain { max: 1 } }')
    (tmp_path / "t.csv").write_text("a,b\n5,x\n", encoding="utf-8")
    statistics = statistics_of(table_of(tmp_path / "t.csv", schema))
    schema.feature.add(name="b", type=schema_pb2.BYTES)
    (info,) = tfdv.validate_statistics(statistics, schema).anomaly_info.values()
    assert allowing_rule(info.reason[0], schema.feature[0]) == "domain"
