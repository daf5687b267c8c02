from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tests.tables.plans import shop
from tfx_pipeline.config.loader import loaded_text
from tfx_pipeline.ingestion.needs import TableNeeds
from tfx_pipeline.schemas.typed_columns import open_table
from tfx_pipeline.tables.writing.config_text import config_text
from tfx_pipeline.tables.writing.schema_text import merge_schema, planned_schema, schema_text

ROWS = "price,yes,id,bought\n1,a,k1,Yes\n2,b,k2,No\n3,a,k3,No\n"
COLUMNS = ("price", "yes", "id", "bought")


def text_of(folder: Path, rows: str = ROWS, *, is_sample: bool = False) -> str:
    (folder / "shop.csv").write_text(rows, encoding="utf-8")
    table = open_table(folder / "shop.csv", TableNeeds()).careful()
    config = loaded_text(config_text(shop(), "shop", {"path": "shop.csv"}), folder, "x").config
    uses = ("price", "yes", "bought")
    schema = planned_schema(table, config, uses, is_sample=is_sample)
    return schema_text(schema, "shop.csv", 3, is_sample=is_sample)


def features_of(text: str) -> dict[str, schema_pb2.Feature]:
    return {x.name: x for x in text_format.Parse(text, schema_pb2.Schema()).feature}


def test_categories_are_listed_and_what_nothing_uses_is_free(tmp_path: Path) -> None:
    text = text_of(tmp_path)
    schema = text_format.Parse(text, schema_pb2.Schema())
    assert text.startswith("# Curated schema of shop.csv")
    assert {x.name: [*x.value] for x in schema.string_domain} == {
        "yes": ["a", "b"],
        "bought": ["No", "Yes"],
    }
    found = features_of(text)
    assert found["id"].presence.min_count == 0 and found["price"].presence.min_fraction == 1
    unsent = [name for name, x in found.items() if "SERVING" in x.not_in_environment]
    assert unsent == ["id", "bought"]


def test_sample_binds_no_column_to_what_its_rows_have(tmp_path: Path) -> None:
    text = text_of(tmp_path, is_sample=True)
    assert "string_domain" not in text and "min_fraction: 1" not in text
    assert "They are not all" in text


@pytest.mark.parametrize("touched", [False, True])
def test_own_rules_stay_and_others_follow_the_table(tmp_path: Path, touched: bool) -> None:
    before = text_of(tmp_path)
    mine = before.replace('value: "b"', 'value: "b"\n  value: "c"') if touched else before + "# x\n"
    now = text_of(tmp_path, ROWS.replace("2,b,k2", "2.5,e,").replace("k", "z"))
    text, kept = merge_schema(before, mine, now, COLUMNS)
    schema = text_format.Parse(text, schema_pb2.Schema())
    (values,) = ([*x.value] for x in schema.string_domain if x.name == "yes")
    assert values == (["a", "b", "c"] if touched else ["a", "e"])
    assert kept == (["yes"] if touched else [])
    assert features_of(text)["price"].type == schema_pb2.FLOAT
    assert text.endswith("# x\n") is not touched


def test_column_that_is_gone_asks_for_nothing_till_it_is_back(tmp_path: Path) -> None:
    before = text_of(tmp_path)
    mine = before.replace("type: INT", "type: INT\n  int_domain { min: 0 max: 9 }", 1)
    now = text_format.Parse(before, schema_pb2.Schema())
    for feature_ in [x for x in now.feature if x.name in ("price", "yes")]:
        now.feature.remove(feature_)
    for domain in [x for x in now.string_domain if x.name == "yes"]:
        now.string_domain.remove(domain)
    gone = text_format.MessageToString(now)
    text, kept = merge_schema(before, mine, gone, ["id", "bought"])
    found = features_of(text)
    assert "yes" not in found and kept == ["price"]
    assert found["price"].lifecycle_stage == schema_pb2.DEPRECATED
    text, _ = merge_schema(gone, text, before, COLUMNS)
    price = features_of(text)["price"]
    assert price.lifecycle_stage == schema_pb2.UNKNOWN_STAGE and price.int_domain.max == 9
    assert "yes" in features_of(text)


def test_unchanged_schema_stays_to_the_byte(tmp_path: Path) -> None:
    before = text_of(tmp_path)
    mine = "# reviewed by Ada\n" + before
    assert merge_schema(before, mine, before, COLUMNS) == (mine, [])
