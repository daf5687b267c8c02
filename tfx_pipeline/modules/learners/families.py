"""The families by name; what a family is made of is imported when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, cast

from tfx_pipeline.modules.learners.learner import Learner

_FAMILIES = {
    "auto": "auto",
    "linear": "linear",
    "dnn": "networks",
    "wide_deep": "networks",
    "trees": "trees",
    "mlp": "mlp",
}
"""By the name of the family, the folder whose `learning.learn` fits it."""


def learner_of(family: str) -> Learner:
    """Find what fits this family."""
    module = f"tfx_pipeline.modules.learners.{_FAMILIES[family]}.learning"
    return cast(Learner, importlib.import_module(module).learn)


def unrefitted(model: Mapping[str, Any]) -> dict[str, Any]:
    """Let no family fit its model to held-out rows in the end, so that these tell the truth."""
    return {
        name: {**section, "refit": False} if _refits(section) else section
        for name, section in model.items()
    }


def _refits(section: Any) -> bool:
    return isinstance(section, Mapping) and "refit" in section
