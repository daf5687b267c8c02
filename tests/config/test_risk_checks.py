"""Rules of the user's that are about nothing that the model takes or answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.risk_checks import risk_problems
from tfx_pipeline.errors import ConfigError

CONFIG = """\
name: trips
data: data
label: {column: kind, task: multiclass, classes: [a, b, c]}
features:
  fare: numeric
  city: categorical
  price: {kind: numeric, parse: '1.234,50'}
  size: {kind: ordinal, values: [S, M, L]}
  began: timestamp
  day: {kind: timestamp, parse: iso8601}
"""


def problems(folder: Path, rule: str, more: str = "") -> list[str]:
    file = folder / "trips.yaml"
    file.write_text(f"{CONFIG}risk: {{rules: {{rules: [{rule}]}}{more}}}\n", encoding="utf-8")
    return [f"{x.what}; {x.next_step}" for x in risk_problems(load_config(file))]


@pytest.mark.parametrize(
    "rule",
    [
        "{features: fare, effect: never_lowers, answer: a}",
        "{features: fare, effect: never_raises, answer: c, step: 5}",
        "{features: [fare, city, day], effect: never_matters}",
        "{features: size, effect: never_lowers, answer: b}",
        "{features: began, effect: never_lowers, answer: b}",
        "{features: city, effect: never_lowers, answer: b, values: [Ulm, Bonn]}",
        "{features: price, effect: never_matters, values: ['1,50', '2,50']}",
        "{features: fare, effect: never_matters, values: [1, '-2.5e3']}",
    ],
)
def test_risk_problems_of_rules_that_fit_are_none(tmp_path: Path, rule: str) -> None:
    assert problems(tmp_path, rule) == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "{features: fair, effect: never_matters}",
            "which the model does not take; did you mean `fare`",
        ),
        ("{features: kind, effect: never_matters}", "`kind`, which the model does not take"),
        ("{features: city, effect: never_lowers, answer: a}", "`city` holds names"),
        ("{features: price, effect: never_lowers, answer: a}", "`price` holds names"),
        ("{features: day, effect: never_lowers, answer: a}", "`day` holds names"),
        ("{features: fare, effect: never_lowers}", "of which class? There are 3"),
        (
            "{features: [city, fare], effect: never_matters, values: [Ulm, 2]}",
            "`fare` holds numbers, and a rule gives it texts; rules about columns",
        ),
        ("{features: fare, effect: never_lowers, answer: d}", "about no class of the label"),
    ],
)
def test_risk_problems_of_rules_about_nothing_name_it(tmp_path: Path, rule: str, said: str) -> None:
    (found,) = problems(tmp_path, rule)
    assert said in found
    assert problems(tmp_path, rule, ", enabled: false") == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{features: [fare, city], effect: never_lowers}", "is about one feature"),
        ("{features: fare, effect: never_lowers, step: 1, values: [1, 2]}", "give one"),
        ("{features: fare, effect: never_matters, step: 1}", "`step` belongs to"),
        ("{features: fare, effect: never_lowers, step: -1}", "`step` must be above 0"),
        ("{features: fare, effect: never_lowers, values: [1]}", "two at least"),
        ("{features: fare, effect: never}", "never_matters"),
        ("{features: [], effect: never_matters}", "features"),
        ("{features: fare, effect: never_lowers, tolerance: -1}", "tolerance"),
        ("{features: fare, effect: never_lowers, max_share: 1}", "max_share"),
        ("{feature: fare, effect: never_lowers}", "did you mean `features"),
    ],
)
def test_load_config_of_rules_that_contradict_themselves_refuses(
    tmp_path: Path, rule: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        problems(tmp_path, rule)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("section", "known"),
    [
        ("robustness: {columns: {%s: off}}", "fare"),
        ("attack: {immutable: [city, %s]}", "fare"),
        ("attack: {immutable: %s}", "fare"),
    ],
)
def test_risk_problems_tell_features_that_are_none(
    tmp_path: Path, section: str, known: str
) -> None:
    rule = "{features: fare, effect: never_lowers, answer: a}"
    assert problems(tmp_path, rule, f", {section % known}") == []
    assert problems(tmp_path, rule, f", {section % 'fair'}") == [
        "`fair` is no feature that the model takes; did you mean `fare`?"
    ]
