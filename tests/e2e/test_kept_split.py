"""A run whose `test` split holds what no other row does: nothing of it is learned or judged."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.e2e.project import REPOSITORY, run_forked

pytestmark = [pytest.mark.e2e, pytest.mark.once]

SPLIT = "{by: column, columns: part, values: {train: [a, b], eval: c, test: z}}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The penguins, a quarter of them kept: on an island of their own, at ten times the weight."""
    folder = tmp_path_factory.mktemp("kept")
    shutil.copytree(REPOSITORY / "configs", folder / "configs")
    (folder / "data/penguins").mkdir(parents=True)
    (source,) = (REPOSITORY / "data/penguins").glob("*.csv")
    with source.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    for number, row in enumerate(rows):
        row["part"] = "abcz"[number % 4]
        if row["part"] == "z":
            row |= {"island": "Atlantis", "body_mass_g": "50000", "species": "Adelie"}
    with (folder / "data/penguins/penguins.csv").open("w", newline="", encoding="utf-8") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    words = ["-m", "tfx_pipeline.cli", "run", "--config", "configs/penguins.yaml"]
    done = run_forked([*words, f"--set=data.split={SPLIT}"], folder)
    return folder, done.stdout


def test_kept_rows_are_counted_and_judge_nothing(run: tuple[Path, str]) -> None:
    _, output = run
    assert "read 344 = train 172 + eval 86 + test 86" in output
    assert "no row in two splits" in output
    assert "Atlantis" not in output
    assert "pushed, and queried with" in output


def test_kept_rows_teach_neither_schema_nor_transform(run: tuple[Path, str]) -> None:
    folder, _ = run
    root = folder / "tfx_pipeline_output/penguins"
    holders = {
        file.relative_to(root).parts[0]
        for file in root.rglob("*")
        if file.is_file() and b"Atlantis" in file.read_bytes()
    }
    assert holders <= {"StatisticsGen", "DataGate", "input"}  # examples are compressed
    names = {file.name for file in (root / "StatisticsGen").rglob("Split-*")}
    assert names == {"Split-train", "Split-eval", "Split-test"}
