from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tables.plans import feature, shop
from tfx_pipeline.config.yaml_source import parse_yaml
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.tables.plan import ColumnPlan, Decision, TablePlan
from tfx_pipeline.tables.writing.config_merge import Kept, merge_config
from tfx_pipeline.tables.writing.config_text import config_text

DATA = {"path": "shop.csv", "schema_file": "schema/shop/schema.pbtxt"}


def written(plan: TablePlan) -> str:
    return config_text(plan, "shop", DATA)


def merged(
    before: TablePlan, there: str, now: TablePlan, columns: list[str] | None = None
) -> tuple[str, list[Kept]]:
    names = columns or [column.name for column in now.columns]
    return merge_config(written(before), there, written(now), names, "configs/shop.yaml")


def values(text: str) -> dict[str, Any]:
    return parse_yaml(text, "x").values


PRICE = feature("price", kind="numeric")
YES = feature("yes", kind="categorical")


def test_file_as_it_was_written_becomes_what_is_written_today() -> None:
    now = shop(feature("price", "another", kind="bucketized"), YES)
    assert merged(shop(), written(shop()), now) == (written(now), [])


def test_file_that_nothing_changed_for_stays_to_the_byte() -> None:
    mine = (
        written(shop()).replace("family: wide_deep", "family: dnn").replace("\n\nlabel", "\nlabel")
    )
    text, kept = merged(shop(), mine, shop())
    assert text == mine
    assert kept == [Kept("model.family", "dnn", "wide_deep")]


def test_untouched_settings_are_brought_up_to_date_and_changed_ones_kept() -> None:
    mine = written(shop(PRICE, YES)).replace("{kind: numeric}", "{kind: numeric, buckets: 7}")
    now = shop(
        feature("price", kind="bucketized"), feature("yes", "now", kind="text"),
        sections={"data.split": Decision({"train": 4, "eval": 1})},
    )  # fmt: skip
    text, kept = merged(shop(PRICE, YES), mine, now)
    found = values(text)
    assert found["features"]["price"] == {"kind": "numeric", "buckets": 7}
    assert found["features"]["yes"] == {"kind": "text"}
    assert found["data"]["split"] == {"train": 4, "eval": 1}
    assert kept == [Kept("features.price", "{kind: numeric, buckets: 7}", "{kind: bucketized}")]
    assert '"yes": {kind: text} # now' in text


def test_own_comment_stays_beside_a_value_that_is_brought_up_to_date() -> None:
    mine = written(shop(PRICE, YES)).replace(
        "{kind: numeric} # a reason", "{kind: numeric} # euros"
    )
    mine = mine.replace('  "yes":', '  # ask Ada\n  "yes":')
    now = shop(feature("price", "new", kind="bucketized"), feature("yes", "new", kind="text"))
    text, kept = merged(shop(PRICE, YES), mine, now)
    assert "  price: {kind: bucketized} # euros\n" in text
    assert '  # ask Ada\n  "yes": {kind: text} # a reason\n' in text
    assert kept == []


def test_own_order_and_layout_stay() -> None:
    mine = written(shop(PRICE, YES))
    lines = mine.splitlines()
    price, yes = (
        next(i for i, x in enumerate(lines) if x.startswith(y)) for y in ("  price", '  "yes"')
    )
    lines[price : price + 2], lines[yes : yes + 2] = lines[yes : yes + 2], lines[price : price + 2]
    mine = "\n".join(lines).replace("{kind: numeric}", "\n    kind: numeric") + "\n"
    now = shop(feature("price", kind="bucketized"), YES, feature("new", kind="text"))
    text, _ = merged(shop(PRICE, YES), mine, now)
    assert [*values(text)["features"]] == ["yes", "new", "price"]
    assert values(text)["features"]["price"] == {"kind": "bucketized"}


def test_new_column_stands_behind_the_one_before_it() -> None:
    mine = written(shop(PRICE, YES)) + "# mine\n"
    now = shop(PRICE, feature("size", "sizes", kind="numeric"), YES)
    text, _ = merged(shop(PRICE, YES), mine, now)
    assert [*values(text)["features"]] == ["price", "size", "yes"]
    assert "  size: {kind: numeric} # sizes\n  # size: {kind: text} # it is prose\n" in text
    assert text.endswith("# mine\n")


def test_new_column_takes_the_indentation_of_the_others() -> None:
    mine = "\n".join(
        f"  {line}" if line.startswith("  ") else line
        for line in written(shop(PRICE, YES)).splitlines()
    )
    text, _ = merged(shop(PRICE, YES), mine, shop(PRICE, feature("size", kind="numeric"), YES))
    assert "\n    size: {kind: numeric}" in text
    assert [*values(text)["features"]] == ["price", "size", "yes"]


def test_column_that_is_gone_goes_and_own_settings_of_it_stay_as_a_comment_till_it_returns() -> (
    None
):
    mine = written(shop(PRICE, YES)).replace(
        "{kind: numeric} # a", "{kind: numeric, buckets: 3} # a"
    )
    text, kept = merged(shop(PRICE, YES), mine, shop(YES))
    assert [*values(text)["features"]] == ["yes"]
    assert "  # gone from the table: price: {kind: numeric, buckets: 3} # a reason\n" in text
    assert kept == [Kept("features.price", "{kind: numeric, buckets: 3}", None)]
    back, _ = merge_config(written(shop(YES)), text, written(shop(PRICE, YES)), ["price"], "x")
    assert "  price: {kind: numeric, buckets: 3} # a reason\n" in back and "gone" not in back
    untouched, _ = merged(shop(PRICE, YES), written(shop(PRICE, YES)) + "# x\n", shop(YES))
    assert "price" not in untouched


def test_line_of_a_column_that_is_gone_belongs_to_no_other_feature() -> None:
    mine = written(shop(PRICE, YES)).replace("{kind: numeric}", "{kind: numeric, buckets: 3}")
    text, _ = merged(shop(PRICE, YES), mine, shop(YES))
    later = shop(feature("yes", "a better one", kind="categorical"))
    text, _ = merged(shop(YES), text, later)
    assert '{kind: numeric, buckets: 3} # a reason\n  "yes": {kind: categorical} # a better' in text


def test_feature_that_would_be_left_out_now_stays_if_it_was_changed() -> None:
    mine = written(shop(PRICE, YES)).replace("{kind: numeric}", "{kind: bucketized}")
    dropped = ColumnPlan("price", "dropped", "constant", None, "the same in every row")
    text, kept = merged(shop(PRICE, YES), mine, shop(dropped, YES))
    assert values(text)["features"]["price"] == {"kind": "bucketized"}
    assert kept == [Kept("features.price", "{kind: bucketized}", None)]
    text, _ = merged(shop(PRICE, YES), written(shop(PRICE, YES)) + "# x\n", shop(dropped, YES))
    assert "price" not in values(text)["features"]
    assert "  # - price: the same in every row\n" in text


def test_removed_settings_and_sections_stay_removed() -> None:
    mine = "\n".join(
        line for line in written(shop(PRICE, YES)).splitlines()
        if "yes" not in line and "evaluation" not in line and "metrics" not in line
    )  # fmt: skip
    sections = {"evaluation.slices": Decision([["yes"]])}
    text, kept = merged(shop(PRICE, YES), mine, shop(PRICE, YES, sections=sections))
    assert "evaluation" not in values(text) and [*values(text)["features"]] == ["price"]
    removed = {each.setting for each in kept if each.there is None}
    assert removed == {"features.yes", "evaluation.metrics", "evaluation.slices"}


def test_new_section_is_added_and_an_empty_one_removed() -> None:
    lookups = {"lookups.mean": Decision({"key": "yes", "value": "price"}, "per yes")}
    mine = written(shop()).replace("family: wide_deep", "family: dnn")
    text, _ = merged(shop(), mine, shop(sections=lookups))
    assert '\n\nlookups:\n  mean: {key: "yes", value: price} # per yes\n\nmodel:' in text
    text, _ = merged(shop(sections=lookups), text, shop())
    assert text == mine


def test_list_of_columns_left_out_follows_the_table() -> None:
    mine = written(shop()).replace("family: wide_deep", "family: dnn")
    more = ColumnPlan("constant", "dropped", "", None, "always 3")
    text, _ = merged(shop(), mine, shop(*shop().columns[:2], more))
    assert "  # Left out of the features:\n  # - constant: always 3\n  # - id: each row" in text
    text, _ = merged(shop(*shop().columns[:2], more), text, shop())
    assert text == mine


def test_section_between_braces_is_a_persons_own() -> None:
    mine = written(shop()).replace(
        "evaluation:\n  metrics: [auc, log_loss]\n", "evaluation: {metrics: [auc]}\n"
    )
    sections = {"evaluation.slices": Decision([["yes"]])}
    text, kept = merged(shop(), mine, shop(sections=sections))
    assert text == mine
    assert {each.setting for each in kept} == {"evaluation.metrics", "evaluation.slices"}


def test_aliases_are_refused_where_they_cannot_be_followed() -> None:
    mine = written(shop(PRICE, YES)).replace("{kind: categorical}", "&names {kind: categorical}")
    mine = mine.replace("  # Left", "  other: *names\n  # Left")
    now = shop(PRICE, feature("yes", kind="text"))
    with pytest.raises(ConfigError, match="nothing was written") as raised:
        merged(shop(PRICE, YES), mine, now)
    assert "--force" in str(raised.value)


def test_file_that_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError) as raised:
        merged(shop(), written(shop()) + "x: [\n", shop(PRICE))
    assert (raised.value.problems[0].place or "").startswith("configs/shop.yaml:")


NAMES = ["a", "b b", "yes", "c: d", "#e", "2020", "é", "f"]
PLANS = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(["numeric", "categorical", "text"]), min_size=1
)
EDITS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["change", "remove", "comment"]))


@settings(max_examples=30, deadline=None)
@given(PLANS, PLANS, EDITS)
def test_each_setting_is_a_persons_or_todays(
    before: dict[str, str], now: dict[str, str], edits: dict[str, str]
) -> None:
    plans = [
        shop(*(feature(name, kind=kind) for name, kind in each.items())) for each in (before, now)
    ]
    there = written(plans[0])
    expected: dict[str, Any] = {name: {"kind": kind} for name, kind in now.items()}
    for name, edit in edits.items():
        if name not in before:
            continue
        alone = written(shop(feature(name, kind=before[name]))).splitlines()
        line, below = alone[alone.index("features:") + 1 :][:2]
        assert line in there
        if edit == "comment":
            there = there.replace(f"{line}\n", f"  # mine\n{line} too\n")
        elif edit == "change":
            there = there.replace(line, line.replace("{kind: ", "{max_vocabulary: 9, kind: "))
            if name in now:
                expected[name] = {"max_vocabulary": 9, "kind": before[name]}
        else:
            there = there.replace(f"{line}\n{below}\n", "")
            expected.pop(name, None)
    there = there.replace("family: wide_deep", "family: linear")
    if not values(there)["features"]:
        return
    text, kept = merged(plans[0], there, plans[1])
    found = values(text)
    assert found.get("features", {}) == expected
    assert found["model"] == {"family": "linear"}
    assert {x.setting for x in kept} >= {"model.family"}
    again, _ = merge_config(written(plans[1]), text, written(plans[1]), [*now], "x")
    assert again == text
    mine = [name for name, edit in edits.items() if edit == "comment" and name in before]
    assert text.count("# mine\n") >= len([name for name in mine if name in now])
