"""What holds for each kind of feature, beside what `preprocessing` computes of it.

Imports nothing heavy: the scan of the table asks it before TensorFlow is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Use = Literal["number", "moment", "category", "text"]


@dataclass(frozen=True)
class FeatureKind:
    """What holds for a kind.

    Attributes:
        use: what the table's scan must find in the column, unless it is parsed.
        is_size: whether the size of a value matters; else it is a name, spelt in one way only.
        suffix: of the transformed feature that carries the value; empty: one a part.
    """

    use: Use
    is_size: bool
    suffix: str


KINDS: dict[str, FeatureKind] = {
    "numeric": FeatureKind("number", True, "scaled"),
    "bucketized": FeatureKind("number", True, "bucket"),
    "categorical": FeatureKind("category", False, "id"),
    "text": FeatureKind("text", False, "words"),
    "timestamp": FeatureKind("moment", True, ""),
    "ordinal": FeatureKind("category", False, "scaled"),
}
"""By the name of the kind, as `config.sections.features` has it."""


def use_of(feature: Mapping[str, Any]) -> Use:
    """Say what the table's scan must find in the column of a feature: text, where it is parsed."""
    return "text" if feature.get("parse") else KINDS[feature["kind"]].use


def transformed_names(name: str, feature: Mapping[str, Any]) -> list[str]:
    """Name what the generic `preprocessing_fn` makes of a feature, but for what says "missing"."""
    suffix = KINDS[feature["kind"]].suffix
    wanted = {
        suffix: suffix and feature.get("id", True),
        **{f"{part}_part": True for part in feature.get("parts", ())},
        "scaled": suffix == "scaled" or feature.get("linear"),
        "periodic": feature.get("periodic"),
        "target": feature.get("target"),
    }
    return [f"{name}_{part}" for part, is_wanted in wanted.items() if is_wanted]
