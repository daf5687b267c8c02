"""How rows are divided, as the configuration says it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tfx_pipeline.config.sections.split import SplitConfig


def test_split_config_of_old_is_by_row_without_a_test_split() -> None:
    needs = SplitConfig(train=2, eval=1, seed=3).needs
    assert (needs.by, needs.weights, needs.seed) == ("row", {"train": 2, "eval": 1}, 3)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"test": 1}, ("train", "eval", "test")),
        ({"by": "time", "columns": "t", "eval_from": 3, "test": 1}, ("train", "eval")),
        (
            {"by": "time", "columns": "t", "eval_from": "2014-01-01", "test_from": "2015-01-01"},
            ("train", "eval", "test"),
        ),
        (
            {"by": "column", "columns": "c", "values": {"train": "a", "eval": "b", "test": "c,d"}},
            ("train", "eval", "test"),
        ),
        ({"by": "key", "columns": "a, b"}, ("train", "eval")),
    ],
)
def test_split_config_names_its_splits(fields: dict[str, Any], names: tuple[str, ...]) -> None:
    config = SplitConfig(**fields)
    assert config.names == names
    assert tuple(config.needs.weights) == names


def test_split_config_by_column_has_the_names_as_values() -> None:
    needs = SplitConfig(by="column", columns=("part",), test=1).needs
    assert needs.values == {"train": ("train",), "eval": ("eval",), "test": ("test",)}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"columns": "a"}, "by `row` takes no columns"),
        ({"by": "key"}, "by `key` takes 1 to 16 columns"),
        ({"by": "time", "columns": "a,b"}, "by `time` takes one column"),
        ({"eval_from": 1}, "belong to `by: time`"),
        ({"by": "time", "columns": "t", "test_from": 1}, "test_from needs eval_from"),
        ({"values": {"train": "a"}}, "belong to `by: column`"),
        ({"by": "column", "columns": "c", "values": {"train": "a"}}, "what `eval` is"),
        (
            {"by": "column", "columns": "c", "values": {"train": "a", "eval": "a"}},
            "a value stands for one split",
        ),
    ],
)
def test_split_config_that_says_two_things_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SplitConfig(**fields)
