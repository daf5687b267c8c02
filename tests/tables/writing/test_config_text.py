from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tables.plans import feature, shop
from tfx_pipeline.config.loader import loaded_text
from tfx_pipeline.config.yaml_source import parse_yaml
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.tables.plan import Alternative, Decision
from tfx_pipeline.tables.writing.config_text import config_text

DATA = {"path": "shop.csv", "schema_file": "schema/shop/schema.pbtxt"}
SHOP = """\
# yaml-language-server: $schema=schema.json
# shop.csv, as `tfx-pipeline init` found it in 10 rows. Change what you like: running it again keeps
# what was changed.
name: shop

data:
  path: shop.csv
  schema_file: schema/shop/schema.pbtxt
  split: {train: 2, eval: 1, seed: 0} # rows are alike
  # split: {by: time, columns: day} # the future is asked about

# two values
label:
  column: bought
  task: binary
  classes: ["No", "Yes"]

features:
  price: {kind: numeric, scale: log_zscore} # a reason
  # price: {kind: text} # it is prose
  "yes": {kind: categorical} # a reason
  # "yes": {kind: text} # it is prose
  # Left out of the features:
  # - id: each row has another one

model:
  family: wide_deep # the default

evaluation:
  metrics: [auc, log_loss]
"""


def test_configuration_is_written_in_order_with_reasons_and_alternatives() -> None:
    assert config_text(shop(), "shop", DATA) == SHOP


def test_configuration_is_valid_and_says_what_was_planned() -> None:
    loaded = loaded_text(config_text(shop(), "shop", DATA), Path("/project/configs/shop.yaml"), "x")
    config = loaded.config
    assert config.root == Path("/project")
    assert config.label.classes == ("No", "Yes")
    assert [*config.features] == ["price", "yes"]
    assert config.data.split.train == 2
    assert config.evaluation.metrics == ("auc", "log_loss")


def test_mistake_in_a_text_is_told_with_file_and_line() -> None:
    text = SHOP.replace("kind: numeric", "kind: numerc")
    with pytest.raises(ConfigError) as raised:
        loaded_text(text, Path("configs/shop.yaml"), "configs/shop.yaml")
    assert raised.value.problems[0].place == "configs/shop.yaml:19"


def test_alternative_can_be_chosen_by_moving_the_mark() -> None:
    lines = SHOP.splitlines()
    at = lines.index("  # price: {kind: text} # it is prose")
    lines[at - 1 : at + 1] = [f"  # {lines[at - 1].strip()}", lines[at].replace("# ", "", 1)]
    values = parse_yaml("\n".join(lines), "x").values
    assert values["features"]["price"] == {"kind": "text"}


def test_long_reason_stands_above() -> None:
    reason = "because " + "it is so, and " * 12
    text = config_text(shop(feature("price", reason, kind="numeric")), "shop", DATA)
    lines = text.splitlines()
    at = lines.index("  price: {kind: numeric}")
    assert lines[at - 2].startswith("  # because it is so") and lines[at - 1].startswith("  # ")
    assert all(len(line) <= 100 for line in lines)


def test_reason_with_a_line_end_stays_a_comment() -> None:
    text = config_text(shop(feature("price", "a\nname: evil", kind="numeric")), "shop", DATA)
    assert parse_yaml(text, "x").values["name"] == "shop"


def test_nested_settings_and_those_of_a_whole_section_are_put_together() -> None:
    sections = {
        "label.weight": Decision("balanced", "few are Yes"),
        "evaluation.thresholds.auc": Decision({"min": 0.6}),
        "lookups.mean": Decision({"key": "yes", "value": "price"}),
        "model.trees": Decision({"rounds": 10}, "", (Alternative(None, "all by default"),)),
    }
    values = parse_yaml(config_text(shop(sections=sections), "shop", DATA), "x").values
    assert values["label"]["weight"] == "balanced" and values["label"]["column"] == "bought"
    assert values["evaluation"]["thresholds"] == {"auc": {"min": 0.6}}
    assert [*values] == ["name", "data", "label", "features", "lookups", "model", "evaluation"]


NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20)


@given(st.lists(NAMES, min_size=1, max_size=6, unique=True))
def test_columns_of_any_name_are_loaded_as_they_are_called(names: list[str]) -> None:
    plan = shop(*(feature(name, kind="numeric") for name in names), label="label of it")
    loaded = loaded_text(config_text(plan, "shop", DATA), Path("configs/shop.yaml"), "x")
    assert [*loaded.config.features] == names
