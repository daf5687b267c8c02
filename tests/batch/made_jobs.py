"""Jobs on a model that is made by hand: a number, a whole number and a text in, a class out."""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.export.descriptions import FLOAT, TEXT, WHOLE, described, scaled
from tfx_pipeline.batch.job import JobPlan
from tfx_pipeline.batch.jobs import Outcome, run_job
from tfx_pipeline.batch.models import find_model
from tfx_pipeline.export.numpy_form import answers
from tfx_pipeline.modules.description.description_file import write_description
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import CategoryId

NAMES = ("", "a", "b", "Zürich")
CHUNK_ROWS = 256


def make_model(folder: Path, unit: float = 1.75, answer: str = "binary") -> Path:
    """Make a version: its description, and a file that only looks like a SavedModel."""
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    write_description(folder, description_of(unit, answer))
    return folder


def description_of(unit: float = 1.75, answer: str = "binary") -> ModelDescription:
    operations = [scaled("x", unit=unit), scaled("n"), CategoryId("t_id", "t", NAMES, 1, "t")]
    return described([FLOAT, WHOLE, TEXT], operations, answer=answer)


def good_cells(count: int, seed: int = 0) -> dict[str, list[Any]]:
    """Make rows as Python has them, None where a cell is missing."""
    random = np.random.default_rng(seed)
    numbers = random.normal(2, 5, count).round(3).tolist()
    return {
        "key": [f"k{row}" for row in range(count)],
        "x": [None if random.random() < 0.1 else x for x in numbers],
        "n": [None if random.random() < 0.1 else int(x) for x in random.integers(-9, 9, count)],
        "t": [str(x) for x in random.choice([*NAMES, "unknown"], count)],
    }


def write_text(file: Path, cells: Mapping[str, list[Any]]) -> Path:
    with open(file, "w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(cells)
        writer.writerows(zip(*cells.values(), strict=True))
    return file


def expected(cells: Mapping[str, list[Any]]) -> Mapping[str, NDArray[Any]]:
    """Answer the rows by the oracle."""
    rows = {
        "x": np.array([np.nan if x is None else x for x in cells["x"]], np.float32),
        "n": np.array([np.nan if x is None else x for x in cells["n"]], np.float64),
        "t": np.array(cells["t"], object),
    }
    return answers(description_of(), rows)


def run(model: Path, output: Path, *files: Path, **options: Any) -> Outcome:
    said = options.pop("say", lambda text: None)
    options.setdefault("chunk_rows", CHUNK_ROWS)
    return run_job(
        JobPlan(model=find_model(model, ""), output=output, files=files, **options), said
    )


def written(folder: Path) -> dict[str, bytes]:
    """Read what a job wrote, without what tells of its time."""
    found = {x.name: x.read_bytes() for x in folder.iterdir() if x.name != "_manifest.json"}
    manifest = json.loads((folder / "_manifest.json").read_bytes())
    parts = {name: manifest[name] for name in ("rows", "bad_rows", "parts")}
    return {**found, "manifest": json.dumps(parts).encode()}


def main(words: list[str]) -> None:
    """Run a job in this process, and be killed by the system at one of its writes.

    Words: model, output, the number of the write, and files. A write is a call of `fsync`, or of
    what puts a file into its place; odd numbers die before it, even ones behind it.
    """
    model, output, at, *files = words
    left = [int(at)]

    def deadly(call: Any) -> Any:
        def counted(*arguments: Any) -> Any:
            left[0] -= 1
            is_last = left[0] == 0  # a later Python's `Path.replace` calls `os.replace`
            if is_last and int(at) % 2:
                os.kill(os.getpid(), signal.SIGKILL)
            result = call(*arguments)
            if is_last:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return counted

    os.fsync, os.rename, os.replace = deadly(os.fsync), deadly(os.rename), deadly(os.replace)
    Path.replace = deadly(Path.replace)  # type: ignore[method-assign]
    run(Path(model), Path(output), *map(Path, files), id_column="key", resumes=True)


if __name__ == "__main__":
    main(sys.argv[1:])
