"""Texts that are numbers, moments or ranks: by the parsers of the table's scan."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.columns import MomentParse, NumberParse, Parse, Ranks
from tfx_pipeline.modules.features.moment_style import seconds_of
from tfx_pipeline.modules.features.number_style import numbers_of, read_style


def parsed(texts: NDArray[Any], parse: Parse) -> NDArray[np.float64]:
    """Read texts `[rows]`; NaN where one is none of that kind."""
    return PARSERS[type(parse)](texts, parse)


def _numbers(texts: NDArray[Any], parse: NumberParse) -> NDArray[np.float64]:
    return numbers_of(_arrow(texts), read_style(parse.example))


def _moments(texts: NDArray[Any], parse: MomentParse) -> NDArray[np.float64]:
    return seconds_of(_arrow(texts), parse.pattern, parse.zone)


def _ranks(texts: NDArray[Any], parse: Ranks) -> NDArray[np.float64]:
    places = {value: float(place) for place, value in enumerate(parse.values)}
    return np.array([places.get(text, np.nan) for text in texts], np.float64)


def _arrow(texts: NDArray[Any]) -> Any:
    import pyarrow as pa

    return pa.array(texts, pa.string())


PARSERS: dict[type[Any], Callable[[NDArray[Any], Any], NDArray[np.float64]]] = {
    NumberParse: _numbers,
    MomentParse: _moments,
    Ranks: _ranks,
}
"""By the type of a `Parse`, what reads it."""
