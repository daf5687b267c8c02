"""Checks of the section `risk` against the features and classes that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.features import (
    BucketizedFeature,
    CategoricalFeature,
    NumericFeature,
    TextFeature,
)
from tfx_pipeline.config.sections.risk.rules import Rule
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.errors import Problem
from tfx_pipeline.wording import nearest

_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)
_RULES: KeyPath = ("risk", "rules", "rules")


def risk_problems(loaded: LoadedConfig) -> Iterator[Problem]:
    """Say which settings and rules are about nothing that the model takes or answers."""
    config = loaded.config
    yield from _unknown_features(loaded)
    if not config.risk.enabled or config.risk.rules.severity == "off":
        return
    for number, rule in enumerate(config.risk.rules.rules):
        place = (*_RULES, number)
        yield from _feature_problems(loaded, rule, place)
        yield from _answer_problems(loaded, rule, place)


def _unknown_features(loaded: LoadedConfig) -> Iterator[Problem]:
    features = loaded.config.raw_features
    risk = loaded.config.risk
    named: dict[KeyPath, str] = {
        ("risk", "robustness", "columns", name): name for name in risk.robustness.columns
    }
    for place, name in enumerate(risk.attack.immutable):
        named["risk", "attack", "immutable", place] = name
    for path, name in named.items():
        if name not in features:
            yield Problem(
                f"`{name}` is no feature that the model takes",
                loaded.source.place(path),
                None,
                ", ".join(features),
                nearest(name, features),
            )


def _feature_problems(loaded: LoadedConfig, rule: Rule, place: KeyPath) -> Iterator[Problem]:
    config = loaded.config
    for index, name in enumerate(rule.features):
        where = loaded.source.place((*place, "features", index))
        if name not in config.raw_features:
            yield Problem(
                f"a rule is about `{name}`, which the model does not take",
                where,
                None,
                ", ".join(config.raw_features),
                nearest(name, config.raw_features),
            )
        elif rule.effect != "never_matters" and not rule.values and _holds_names(config, name):
            yield Problem(
                f"`{name}` holds names, which go neither up nor down",
                where,
                rule.effect,
                next_step="say in `values` from low to high what goes up, or use never_matters",
            )
        elif texts := _texts_for_a_number(config, name, rule):
            yield Problem(
                f"`{name}` holds numbers, and a rule gives it texts",
                loaded.source.place((*place, "values")),
                ", ".join(map(repr, texts)),
                "numbers",
                "rules about columns of names and of numbers are two rules",
            )


def _texts_for_a_number(config: PipelineConfig, name: str, rule: Rule) -> list[str]:
    feature = config.features.get(name)
    is_number = isinstance(feature, (NumericFeature, BucketizedFeature))
    if not is_number or getattr(feature, "parse", None) is not None:
        return []
    return [x for x in rule.values if isinstance(x, str) and not _NUMBER.fullmatch(x)]


def _holds_names(config: PipelineConfig, name: str) -> bool:
    feature = config.features.get(name)
    is_text = getattr(feature, "parse", None) is not None  # numbers and moments that are parsed
    return feature is None or is_text or isinstance(feature, (CategoricalFeature, TextFeature))


def _answer_problems(loaded: LoadedConfig, rule: Rule, place: KeyPath) -> Iterator[Problem]:
    label = loaded.config.label
    where = loaded.source.place((*place, "answer"))
    if label.task == "regression":
        if rule.answer is not None:
            yield Problem("a number has no classes", where, rule.answer, "no `answer`")
        return
    classes = tuple(label.classes) or ("0", "1")
    if rule.answer is not None and rule.answer not in classes:
        step = nearest(rule.answer, classes)
        yield Problem("a rule is about no class of the label", where, rule.answer,
                      ", ".join(classes), step)  # fmt: skip
    if rule.answer is None and label.task == "multiclass" and rule.effect != "never_matters":
        what = f"`{rule.effect}` of which class? There are {len(classes)}"
        yield Problem(what, where, None, ", ".join(classes), "say it in `answer`")
