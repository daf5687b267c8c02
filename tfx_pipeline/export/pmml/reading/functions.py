"""Built-in functions of PMML.

https://dmg.org/pmml/v4-4-1/BuiltinFunctions.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from tfx_pipeline.export.pmml.reading.batches import Values


def _of_texts(function: Callable[..., Any]) -> Callable[..., Values]:
    """Compute a function of a text, and of constants, once for each text that there is."""

    def compute(texts: Values, *constants: Values) -> Values:
        if not len(texts):
            return texts
        fixed = [values[0] for values in constants]
        found = {text: function(text, *fixed) for text in set(texts.tolist())}
        results = [found[text] for text in texts]
        if isinstance(results[0], str):
            return np.array(results, object)
        return np.array(results, float)

    return compute


@functools.cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\z\Z", r"\\Z", pattern))


def _replaced(text: str, pattern: str, rewrite: str) -> str:
    template = re.sub(r"\$(\d)", r"\\g<\1>", rewrite)
    return _pattern(pattern).sub(template, text)


def _truth(function: Callable[..., Any]) -> Callable[..., Values]:
    return lambda *arguments: function(*arguments).astype(float)


def _concatenated(*texts: Values) -> Values:
    return np.array(["".join(parts) for parts in zip(*texts, strict=True)], object)


def _is_in(value: Values, *others: Values) -> Values:
    return np.any([value == other for other in others], axis=0).astype(float)


def _folded(function: Callable[[Any, Any], Any]) -> Callable[..., Values]:
    return lambda *arguments: functools.reduce(function, arguments)


FUNCTIONS: dict[str, Callable[..., Values]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "min": _folded(np.minimum),
    "max": _folded(np.maximum),
    "sum": _folded(np.add),
    "floor": np.floor,
    "rint": np.rint,
    "ln1p": np.log1p,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "equal": _truth(np.equal),
    "notEqual": _truth(np.not_equal),
    "lessThan": _truth(np.less),
    "lessOrEqual": _truth(np.less_equal),
    "greaterThan": _truth(np.greater),
    "greaterOrEqual": _truth(np.greater_equal),
    "and": _folded(np.minimum),
    "or": _folded(np.maximum),
    "not": lambda value: 1.0 - value,
    "isIn": _is_in,
    "isNotIn": lambda value, *others: 1.0 - _is_in(value, *others),
    "matches": _of_texts(lambda text, pattern: float(bool(_pattern(pattern).search(text)))),
    "replace": _of_texts(_replaced),
    "lowercase": _of_texts(str.lower),
    "stringLength": _of_texts(lambda text: float(len(text))),
    "concat": _concatenated,
}
"""By name; of arguments of which none is missing. `if`, `isMissing` and the like stand apart."""
