from __future__ import annotations

import operator
from fractions import Fraction

import numpy as np
import pytest

from tfx_pipeline.modules.label_rule.rule import LabelRule

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
    assert values.dtype == np.float64
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
        name: tf.constant(column.tolist() if column.dtype.kind == "U" else column.astype(float))
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
        ("tips > 1e400", "`1e400` is too large"),
        ("tips == 9007199254740993", "`9007199254740993` is too large"),
        ("class > 1", "is not an expression: .* backticks"),
        ("end s > 1", "is not an expression: .* backticks"),
        ("`` > 1", "backticks without a name"),
        ("`größe x` + 'a' > 1", r"`'a'` is text .* \(at character 13 "),
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


@pytest.mark.parametrize(
    "divisor",
    [
        "0",
        "0.0",
        "-0",
        "+0",
        "(1 - 1)",
        "(0 * fare)",
        "(fare * 0)",
        "(fare - fare)",
        "1e-400",
        "(2 * 0 + 0 / 7)",
        "(0.1 + 0.2 - 0.3)",
        "(0 / fare)",
        "-(3 - 2 - 1)",
        "((0))",
    ],
)
@pytest.mark.parametrize("rule", ["tips / {} > 1", "tips + fare / {}", "not 1 / {} > tips"])
def test_parse_divisor_that_is_always_zero_raises(rule, divisor):
    with pytest.raises(ValueError, match="divides by zero"):
        LabelRule.parse(rule.format(divisor))


START = 1_700_000_000
SECONDS = np.arange(344, dtype=np.int64)
INTEGERS = {"start": START + 7 * SECONDS, "end": START + 7 * SECONDS + SECONDS % 121}


@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_evaluate_integers_are_compared_exactly(kind):
    columns = {name: column.astype(kind) for name, column in INTEGERS.items()}
    answers, known = LabelRule.parse("end - start > 60").evaluate(columns, ["start", "end"])
    assert answers.tolist() == (SECONDS % 121 > 60).tolist()
    assert known.all()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("z == 17031081800", [1, 0, 0, 0]),
        ("z != 17031081800", [0, 1, 1, 1]),
        ("z > 17031081800", [0, 1, 0, 1]),
        ("z >= 17031081800", [1, 1, 0, 1]),
        ("z + 1 == 17031081801", [1, 0, 0, 0]),
        ("z - 17031081800 == 100", [0, 1, 0, 0]),
        ("z == 9007199254740992", [0, 0, 0, 1]),
        ("z > 9007199254740991", [0, 0, 0, 1]),
        ("z < 9007199254740992.0", [1, 1, 1, 0]),
        ("2 * z == 34062163600", [1, 0, 0, 0]),
        ("-z > -17031081801", [1, 0, 1, 0]),
    ],
)
def test_evaluate_large_constants_are_not_rounded(rule, expected):
    z = np.array([17031081800, 17031081900, -5, 2**53])
    answers, _ = LabelRule.parse(rule).evaluate({"z": z})
    assert answers.tolist() == [bool(x) for x in expected]


COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
COMPARISONS |= {"==": operator.eq, "!=": operator.ne}


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("op", COMPARISONS)
def test_evaluate_decimals_are_compared_as_on_paper(op, kind):
    fares = [f"{cents / 100:.2f}" for cents in range(5, 4000, 15)]
    tips = [f"{cents / 500:.3f}".rstrip("0").rstrip(".") for cents in range(5, 4000, 15)]  # 20 %
    columns = {"tips": np.array(tips, kind), "fare": np.array(fares, kind)}
    answers, _ = LabelRule.parse(f"tips {op} 0.2 * fare").evaluate(columns)
    on_paper = [
        COMPARISONS[op](Fraction(tip), Fraction("0.2") * Fraction(fare))
        for tip, fare in zip(tips, fares, strict=True)
    ]
    assert answers.tolist() == on_paper


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("fare - tips == 0.3", True),  # 100.4 - 100.1
        ("fare - tips > 0.3", False),
        ("fare * 3 == 301.2", True),
        ("fare / 3 >= 33.46666666666667", True),
        ("tips + 0.3 == fare", True),
        ("tips + 0.3001 == fare", False),
        ("fare - tips > 0.2999999", True),
        ("miles * 0.1 == 0.3", True),  # an integer and a decimal
        ("tips - 100 > miles / 30", False),
        ("tips - 100 >= miles / 30", True),
    ],
)
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_evaluate_differences_of_decimals_are_as_on_paper(rule, expected, kind):
    columns = {"tips": np.array([100.1], kind), "fare": np.array([100.4], kind)}
    answers, known = LabelRule.parse(rule).evaluate(columns | {"miles": np.array([3])})
    assert (answers.tolist(), known.tolist()) == ([expected], [True])


def test_evaluate_float32_beyond_its_exact_range_raises_naming_the_column():
    columns = {name: column.astype(np.float32) for name, column in INTEGERS.items()}
    with pytest.raises(ValueError, match=r"column .(start|end). holds 1700000000 as float32"):
        LabelRule.parse("end - start > 60").evaluate(columns)


@pytest.mark.parametrize(
    "name",
    [
        "end s",
        "a.b",
        "a/b",
        "Größe",
        "1st",
        "a-b",
        "$x:%",
        "class",
        "it's",
        'say "hi"',
        "ﬁn",
        "a``b",
        "x",
        "True",
        "a\xa0b",
        "日本",
    ],
)
def test_evaluate_any_name_stands_in_backticks(name):
    rule = LabelRule.parse(f"`{name}` - fare > 1 and `{name}` < 9")
    column = name.replace("``", "`")
    assert rule.columns == {column, "fare"}
    columns = {column: np.array([3.0, 1.0, 10.0]), "fare": np.array([1.0, 1.0, 1.0])}
    assert rule.evaluate(columns)[0].tolist() == [True, False, False]


def test_parse_backticks_in_quoted_text_are_text():
    rule = LabelRule.parse("payment == '`Card`' and `ti ps` > 1")
    assert rule.columns == {"payment", "ti ps"}
    answers, _ = rule.evaluate({"payment": np.array(["`Card`"]), "ti ps": np.array([2.0])})
    assert answers.tolist() == [True]


def test_parse_letters_that_python_changes_in_names_are_kept():
    assert LabelRule.parse("ﬁn > 1").columns == {"ﬁn"}


@pytest.mark.parametrize("text", ["x" + " + 1" * 5000 + " > 1", "(" * 5000 + "x" + ")" * 5000])
def test_parse_endless_rule_raises_and_is_no_crash(text):
    with pytest.raises(ValueError, match="label rule"):
        LabelRule.parse(text)
