"""Write a table of many columns of mixed kinds, and the configuration of a model on it.

    python benchmarks/wide_table.py FOLDER [--columns 1000] [--rows 10000]

Of 1000 columns, 700 are numeric, 200 categorical, 50 bucketized and 50 unused; every second one
has a cell in twenty missing. The label depends on a few of each kind. Then, in FOLDER:
`python run_local.py --config configs/wide.yaml`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import yaml

_SHARES = {"numeric": 0.7, "categorical": 0.2, "bucketized": 0.05, "unused": 0.05}
_CATEGORIES = 12
_MISSING = 0.05


def write_wide_table(folder: Path, columns: int = 1000, rows: int = 10_000) -> Path:
    """Write `data/wide/data.csv` and `configs/wide.yaml`; return the place of the latter."""
    random = np.random.default_rng(0)
    score = np.zeros(rows)
    cells: dict[str, np.ndarray[Any, Any]] = {}
    features: dict[str, dict[str, object]] = {}
    for kind, share in _SHARES.items():
        for number in range(round(share * columns)):
            name = f"{kind}_{number}"
            weight = 1.0 if number < 3 and kind != "unused" else 0.0
            if kind == "categorical":
                ids = random.integers(0, _CATEGORIES, rows)
                score += weight * (ids % 3 - 1)
                texts = np.array([f"c{i}" for i in range(_CATEGORIES)], object)[ids]
            else:
                values = random.normal(10 * number, 1 + number, rows).round(3)
                score += weight * (values - 10 * number) / (1 + number)
                texts = values.astype(str).astype(object)
            if number % 2:
                texts[random.random(rows) < _MISSING] = ""
            cells[name] = texts
            if kind != "unused":
                features[name] = {"kind": kind}
    cells["label"] = (score + random.normal(size=rows) > 0).astype(int).astype(str).astype(object)
    (folder / "data/wide").mkdir(parents=True, exist_ok=True)
    with (folder / "data/wide/data.csv").open("w", encoding="utf-8") as file:
        file.write(",".join(cells) + "\n")
        file.writelines(",".join(row) + "\n" for row in zip(*cells.values(), strict=True))
    config = {
        "name": "wide",
        "data": {"path": "data/wide"},
        "label": {"column": "label", "task": "binary"},
        "features": features,
        "model": {"epochs": 10},
        "evaluation": {"metrics": ["auc", "log_loss"], "thresholds": {"auc": {"min": 0.6}}},
    }
    place = folder / "configs/wide.yaml"
    place.parent.mkdir(exist_ok=True)
    place.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return place


def main() -> None:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--columns", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args()
    print(write_wide_table(options.folder, options.columns, options.rows))


if __name__ == "__main__":
    main()
