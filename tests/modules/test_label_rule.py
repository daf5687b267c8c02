from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.label_rule import LabelRule

NAN = float("nan")
COLUMNS = {
    "tips": np.array([3.0, 2.0, 0.0, NAN, 1.0, 5.0], np.float32),
    "fare": np.array([10.0, 10.0, 5.0, 8.0, NAN, 0.0], np.float32),
    "payment": np.array(["Card", "Card", "Cash", "Card", "Cash", ""]),
}


@pytest.mark.parametrize(
    ("text", "label", "known"),
    [
        ("tips > 0.2 * fare", [1, 0, 0, 0, 0, 1], [1, 1, 1, 0, 0, 1]),
        ("tips / fare >= 0.2", [1, 1, 0, 0, 0, 1], [1, 1, 1, 0, 0, 0]),
        ("not tips > 2", [0, 1, 1, 1, 1, 0], [1, 1, 1, 0, 1, 1]),
        ("0 < tips < 3", [0, 1, 0, 0, 1, 0], [1, 1, 1, 0, 1, 1]),
        ("payment == 'Card' and tips > 2", [1, 0, 0, 0, 0, 0], [1, 1, 1, 0, 1, 0]),
        ("payment != 'Card' or tips > 2", [1, 0, 1, 0, 1, 1], [1, 1, 1, 0, 1, 0]),
        ("(tips == 0) or (tips == +2)", [0, 1, 1, 0, 0, 0], [1, 1, 1, 0, 1, 1]),
    ],
)
def test_evaluate_truth_value_known_only_where_all_values_are(text, label, known):
    answers, is_known = LabelRule.parse(text).evaluate(COLUMNS)
    assert answers.dtype == bool
    assert is_known.tolist() == [bool(x) for x in known]
    assert answers[is_known].tolist() == [bool(x) for x in np.array(label)[is_known]]


def test_evaluate_number_divides_and_leaves_infinite_unknown():
    values, known = LabelRule.parse("-tips / fare + 1").evaluate(COLUMNS)
    assert values.dtype == np.float32
    assert known.tolist() == [True, True, True, False, False, False]
    np.testing.assert_allclose(values[:3], [0.7, 0.8, 1.0], rtol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "tips > 0.2 * fare",
        "not (payment == 'Card' or tips + 1 <= fare / 2)",
        "0 <= tips < 3 and payment != 'Cash'",
        "-tips / fare - +1",
    ],
)
def test_evaluate_tensors_answer_as_arrays_do(text):
    import tensorflow as tf

    rule = LabelRule.parse(text)
    values, known = rule.evaluate(COLUMNS)
    columns = {
        name: tf.constant(column.tolist() if column.dtype.kind == "U" else column)
        for name, column in COLUMNS.items()
    }
    evaluate = tf.function(lambda: rule.evaluate(columns), autograph=False)
    for found, found_known in (rule.evaluate(columns), evaluate()):
        np.testing.assert_array_equal(found_known, known)
        np.testing.assert_array_equal(found.numpy()[known], values[known])


def test_parse_names_columns_and_kinds():
    rule = LabelRule.parse(" payment == 'Card' and tips > 0.2 * fare ")
    assert rule.columns == {"payment", "tips", "fare"}
    assert rule.text_columns == {"payment"}
    assert rule.is_boolean
    assert not LabelRule.parse("tips / fare").is_boolean


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tips >", "is not an expression"),
        ("tips = 1", "is not an expression"),
        ("abs(tips) > 1", r"`abs\(tips\)` is not allowed \(at character 1 "),
        ("1 < tips ** 2", r"`tips \*\* 2` is not allowed \(at character 5 "),
        ("tips.fare > 1", r"`tips.fare` is not allowed"),
        ("tips[0] > 1", r"`tips\[0\]` is not allowed"),
        ("tips if fare else 1", "is not allowed"),
        ("payment in ('Cash', 'Card')", "is not allowed"),
        ("(lambda: tips)() > 1", "is not allowed"),
        ("tips > True", "`True` is not allowed"),
        ("1 > 0", "compares without a column"),
        ("2 + 3", "reads no column"),
        ("tips and fare", "`tips` is number where true or false is needed"),
        ("(tips > 1) + 1", "`tips > 1` is true or false where number is needed"),
        ("tips + 'a'", "`'a'` is text where number is needed"),
        ("payment < 'Card'", "puts text in an order"),
        ("payment == 'Card' or payment > 3", "`payment` is used as a number and as text"),
        ("tips / 0 > 1", r"`tips / 0` divides by zero"),
    ],
)
def test_parse_what_is_not_allowed_raises_naming_it(text, message):
    with pytest.raises(ValueError, match=message):
        LabelRule.parse(text)


def test_evaluate_bytes_raises_for_they_equal_no_text():
    rule = LabelRule.parse("payment == 'Card'")
    for column in (np.array([b"Card"]), np.array([b"Card"], object)):
        with pytest.raises(TypeError, match="'payment' holds bytes"):
            rule.evaluate({"payment": column})
