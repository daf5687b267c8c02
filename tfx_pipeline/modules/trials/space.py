"""What may be varied of each family, and how a found value gets into the configuration.

Terms:
    path: of a field in the section `model`, dotted: `trees.leaves`.
    setting: values by path; what is not in it stays as the configuration has it.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

FAMILY = "family"
"""Name of the hyper-parameter that says which family a trial fits."""
_CONFIGURED = " as configured"


@dataclass(frozen=True)
class Range:
    """A field that is varied.

    Attributes:
        path: see the module's terms.
        low, high: its bounds, both possible.
        kind: `int` or `float`.
        is_log: drawn evenly on the scale of logarithms.
    """

    path: str
    low: float
    high: float
    kind: Literal["int", "float"] = "float"
    is_log: bool = True


SPACES: dict[str, tuple[Range, ...]] = {
    "dnn": (
        Range("optimizer.learning_rate", 3e-4, 3e-2),
        Range("dropout", 0.0, 0.5, is_log=False),
        Range("l2", 1e-7, 1e-3),
        Range("embedding_dim", 2, 32, "int"),
        Range("batch_size", 32, 1024, "int"),
    ),
    "mlp": (
        Range("mlp.learning_rate", 0.003, 0.05),
        Range("mlp.dropout", 0.0, 0.4, is_log=False),
        Range("mlp.batch_size", 64, 1024, "int"),
    ),
    "trees": (
        Range("trees.leaves", 4, 64, "int"),
        Range("trees.learning_rate", 0.01, 0.3),
        Range("trees.min_rows_per_leaf", 2, 200, "int"),
    ),
}
SPACES["wide_deep"] = SPACES["dnn"]


def families_tried(model: Mapping[str, Any]) -> list[str]:
    """Name the families whose settings are searched for: of `auto`, those of its candidates."""
    names = model["auto"]["candidates"] if model["family"] == "auto" else [model["family"]]
    return [name for name in names if name in SPACES]


def declare(parameters: HyperParameters, families: list[str]) -> None:
    """Declare all that is varied of these families."""
    parameters.Choice(FAMILY, [*families, *map(as_configured, families)])
    for family in families:
        with parameters.conditional_scope(FAMILY, [family]):
            for each in SPACES[family]:
                sampling = "log" if each.is_log else "linear"
                if each.kind == "int":
                    low, high = int(each.low), int(each.high)
                    parameters.Int(_name(family, each.path), low, high, sampling=sampling)
                else:
                    parameters.Float(_name(family, each.path), each.low, each.high, None, sampling)


def as_configured(family: str) -> str:
    """Name the choice of a family with nothing varied."""
    return family + _CONFIGURED


def family_of(values: Mapping[str, Any]) -> str:
    """Name the family that a trial fits."""
    return str(values[FAMILY]).removesuffix(_CONFIGURED)


def setting_of(values: Mapping[str, Any], family: str) -> dict[str, Any]:
    """Take the setting of a family out of the values of hyper-parameters, to four digits."""
    names = {_name(family, each.path): each.path for each in SPACES[family]}
    return {path: _short(values[name]) for name, path in names.items() if name in values}


def with_setting(model: Mapping[str, Any], setting: Mapping[str, Any]) -> dict[str, Any]:
    """Put a setting into a copy of the section `model`."""
    changed = copy.deepcopy(dict(model))
    for path, value in setting.items():
        *keys, last = path.split(".")
        place = changed
        for key in keys:
            place = place[key]
        place[last] = value
    return changed


def tuned_model(
    model: Mapping[str, Any], hyperparameters: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Put what a search found, as KerasTuner writes it, into a copy of the section `model`."""
    values = (hyperparameters or {}).get("values", {})
    changed = dict(model)
    for family in families_tried(model):
        changed = with_setting(changed, setting_of(values, family))
    return changed


def _short(value: float) -> float:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _name(family: str, path: str) -> str:
    return f"{family}/{path}"
