"""A made table of trips whose label, whether a tip was given, depends on it in a known way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = dict[str, NDArray[Any]]
"""Columns by name, see `evaluation.risk.subject`."""

NUMBERS = ("distance_km", "duration_min", "fare", "hour", "passengers", "wait_min")
TEXTS = ("payment", "company", "zone", "channel")
FEATURES = (*NUMBERS, *TEXTS)
GROUP = "age_group"
"""A column that is no feature, by which fairness is asked for."""
SLICE = ("company", "Blau")
_PAYMENTS = ("card", "cash", "app", "voucher")
_COMPANIES = ("Adler", "Blau", "Citycar", "Dachs", "Elster", "Falke")
_ZONES = tuple(f"zone {number}" for number in range(1, 13))
_CHANNELS = ("street", "phone", "web")
GROUPS = ("under 30", "30 to 60", "over 60")


def make_table(rows: int, random: np.random.Generator) -> Table:
    """Draw rows; in 6 % each, `wait_min` is NaN and `channel` is ""."""
    distance = random.lognormal(1.4, 0.7, rows)
    speed_kmh = np.clip(random.normal(24, 5, rows), 8, None)
    duration = distance / speed_kmh * 60
    fare = 3.5 + 1.9 * distance + 0.4 * duration + random.gamma(2, 1.5, rows)
    table: Table = {
        "distance_km": distance,
        "duration_min": duration,
        "fare": fare,
        "hour": random.integers(0, 24, rows).astype(float),
        "passengers": 1.0 + random.binomial(5, 0.15, rows),
        "wait_min": random.gamma(2, 2, rows),
        "payment": _drawn(_PAYMENTS, (0.45, 0.3, 0.2, 0.05), rows, random),
        "company": _drawn(_COMPANIES, (0.3, 0.2, 0.2, 0.12, 0.1, 0.08), rows, random),
        "zone": _drawn(_ZONES, np.full(12, 1 / 12), rows, random),
        "channel": _drawn(_CHANNELS, (0.6, 0.25, 0.15), rows, random),
        GROUP: _drawn(GROUPS, (0.35, 0.45, 0.2), rows, random),
    }
    table["wait_min"][random.random(rows) < 0.06] = np.nan
    table["channel"][random.random(rows) < 0.06] = ""
    return table


def chance_of_tip(table: Table) -> NDArray[np.float64]:
    """Give the true probability of the label 1: `[rows]`; AUC about .79, prevalence about .51."""
    wait = np.nan_to_num(table["wait_min"], nan=4.0)
    zones = np.array([int(x.split()[1]) for x in table["zone"]])
    logit = (
        1.3 * (np.log(table["fare"]) - 2.9)
        - 0.04 * (table["duration_min"] - 13)
        + 0.35 * (table["passengers"] - 1.75)
        - 0.12 * (wait - 4)
        + _effect(table["payment"], {"card": 0.8, "cash": -1.6, "app": 0.5, "voucher": -0.4})
        + _effect(table["company"], {"Adler": 0.3, "Blau": 0.0, "Citycar": -0.4, "Dachs": 0.5})
        + _effect(table["channel"], {"web": 0.6, "phone": -0.5})
        + 0.25 * np.cos(2 * np.pi * (table["hour"] - 20) / 24)
        + 0.7 * np.sin(zones * 1.7)
        - 0.1
    )
    return 1 / (1 + np.exp(-logit))


def draw_labels(chances: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Draw labels, 0 or 1: `[rows] float64`."""
    return (random.random(len(chances)) < chances).astype(float)


def _drawn(
    values: tuple[str, ...], shares: Any, rows: int, random: np.random.Generator
) -> NDArray[Any]:
    codes = random.choice(len(values), rows, p=np.asarray(shares) / np.sum(shares))
    return np.array(values, object)[codes]


def _effect(column: NDArray[Any], effects: dict[str, float]) -> NDArray[np.float64]:
    return np.array([effects.get(x, 0.0) for x in column])
