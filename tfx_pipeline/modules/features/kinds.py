"""What holds for each kind of feature, beside what `preprocessing` computes of it.

Imports nothing heavy: the scan of the table asks it before TensorFlow is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class FeatureKind:
    """What holds for a kind.

    Attributes:
        use: what the table's scan must find in the column.
        is_size: whether the size of a value matters; else it is a name, spelt in one way only.
        suffix: of the transformed feature that carries the value; empty: one a part.
    """

    use: Literal["number", "moment", "category", "text"]
    is_size: bool
    suffix: str


KINDS: dict[str, FeatureKind] = {
    "numeric": FeatureKind("number", True, "scaled"),
    "bucketized": FeatureKind("number", True, "bucket"),
    "categorical": FeatureKind("category", False, "id"),
    "text": FeatureKind("text", False, "words"),
    "timestamp": FeatureKind("moment", True, ""),
}
"""By the name of the kind, as `config.sections.features` has it."""


def transformed_names(name: str, feature: Mapping[str, Any]) -> list[str]:
    """Name what the generic `preprocessing_fn` makes of a feature, but for what says "missing"."""
    suffix = KINDS[feature["kind"]].suffix
    parts = [suffix] if suffix else [f"{part}_part" for part in feature["parts"]]
    return [f"{name}_{part}" for part in parts]
