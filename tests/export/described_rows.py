"""Rows that hurt, for any description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.rows import CELL_DTYPES
from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.model_description import ModelDescription

_FLOATS = [np.nan, np.inf, -np.inf, 0.0, -0.0, 0.1, 2.5, 7, -3, 1e6, 1e30, 3e38, 1e-40, 9999, -1, 5]
_FLOATS += [np.nextafter(np.float32(x), np.float32(y)) for x in (0.1, 5, -1) for y in (-9, 9)]
_WHOLES = [np.nan, np.inf, 0, -0.0, 7, -3, 1e6, 7.5, 6.5, -1, 2**53, 2**53 - 1, -(2**53), 1e300]
_WHOLES += [0.1, 9.3e18, -9.3e18, 951_782_400, 1_709_164_799, -1, -86_401, 4e12, 1_792_908_000]
_TEXTS = [
    *("", " ", "?", " N/A ", "a", "A", "a ", "a=b", "7", "2.5", "Zürich", "zürich", "日本", "a\0b"),
    *(
        "good car",
        "Good, GOOD car!",
        "a b",
        "A  b\tcar",
        "größe Größe",
        "unheard-of",
        "x" * 70,
        "...!",
    ),
    *(
        "$1,234.50",
        "1234.5",
        "-$3",
        "$ -3",
        "12,34,567",
        "1.234,5 €",
        "1.234,5",
        "(1,234)",
        "1e3",
        "-1",
    ),
    *(
        "10+ years",
        "<1 year",
        "~5",
        "1.5k",
        "2M",
        "\u00a05",
        "5\u00a0",
        "+7",
        "\u22125",
        "0x10",
        "NaN",
        "inf",
    ),
    *("low", "middle", "high", "hïgh", "Low", "2026-11-29", "2026-11-29T15:18:23.5+01:00"),
    *(
        "2026-03-08 02:30",
        "\u00a02026-11-29",
        "\n2026-11-29 ",
        "2026-11-01 01:30",
        "2026-02-30",
        "0001-01-01",
        "0000-01-01",
        "2024-02-29 23:59",
    ),
    *(
        "29-Nov-26 03:18 PM",
        "1-jan-69 12:00 am",
        "31-Feb-20 01:00 AM",
        "9999-12-31T23:59:59Z",
        "n/a",
    ),
]


def rows_of(
    description: ModelDescription,
    count: int = 150,
    seed: int = 0,
    known: Mapping[str, Sequence[Any]] | None = None,
) -> Mapping[str, NDArray[Any]]:
    """Make rows: cells that hurt, each at least once where `count` allows, and usual ones.

    `known` are further cells of some columns.
    """
    random = np.random.default_rng(seed)
    known = known or {}
    return {x.name: _cells(x, count, random, known.get(x.name, ())) for x in description.columns}


def _cells(
    column: Column, count: int, random: np.random.Generator, known: Sequence[Any]
) -> NDArray[Any]:
    if column.type == "string":
        cells = np.array([*_TEXTS, *known], object)
    elif column.type == "int64":
        usual = [*random.integers(-5, 12, 30), *random.integers(-(2**33), 2**33, 30)]
        cells = np.array([*_WHOLES, *usual, *known], np.float64)
    else:
        cells = np.array([*_FLOATS, *random.normal(2, 5, 50), *known], np.float32)
    places = random.permutation(np.resize(random.permutation(len(cells)), count))
    return cells[places].astype(CELL_DTYPES[column.type])
