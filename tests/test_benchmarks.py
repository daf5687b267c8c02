"""The benchmarks' own code: the enabled copy of TFX's template, the measuring, the tables."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def benchmark(repository: Path, monkeypatch: pytest.MonkeyPatch):
    """Import a module of `benchmarks/`, as the scripts there do."""
    import importlib

    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    return importlib.import_module


def test_copy_template_enables_every_component_of_the_installed_one(
    benchmark, repository: Path, tmp_path: Path
) -> None:
    template_copy: ModuleType = benchmark("template_copy")
    script = template_copy.copy_template(tmp_path / "copy", repository / "data/taxi/data.csv")
    pipeline = ast.parse((tmp_path / "copy/pipeline/pipeline.py").read_text())
    (create,) = [node for node in pipeline.body if isinstance(node, ast.FunctionDef)]
    appended = [
        call.args[0].id
        for call in ast.walk(create)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "components.append"
    ]
    assert " ".join(sorted(appended)) == (
        "evaluator example_gen example_validator model_resolver pusher schema_gen schema_gen"
        " statistics_gen trainer transform"
    )
    top_level = [ast.unparse(node) for node in create.body]
    assert "components.append(example_validator)" in top_level
    text = "".join(file.read_text() for file in (tmp_path / "copy").rglob("*.py"))
    assert "class_name='AUC'" in text
    assert "tfx.experimental" not in text
    assert f"PIPELINE_NAME = '{template_copy.PIPELINE}'" in text
    assert script == tmp_path / "copy/local_runner.py"
    assert (tmp_path / "copy/data/data.csv").stat().st_size > 1_000_000


def test_enable_components_leaves_out_what_it_is_told(benchmark) -> None:
    template_copy = benchmark("template_copy")
    text = (template_copy.installed_template() / "pipeline/pipeline.py").read_text()
    enabled = template_copy.enable_components(text, template_copy.EVALUATION)
    assert "\n  components.append(trainer)" in enabled
    for name in ("model_resolver", "evaluator", "pusher"):
        assert f"components.append({name})" not in enabled
    with pytest.raises(template_copy.TemplateChangedError, match="0 times, not once"):
        template_copy.enable_components(text, ["tuner"])


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_ways_of_data_all_write_the_rows_of_the_table(benchmark, tmp_path: Path, kind: str) -> None:
    ways = benchmark("data_ways")
    file = ways.write_table(tmp_path / f"twice.{kind}", 20_000)
    for way in ("ours", "bare"):
        found = ways.measured(way, file, 1)
        assert found["rows"] == 20_000 and found["seconds"] > 0
        assert len(found["parts_s"]) == (2 if way == "ours" else 1)


def test_enable_components_of_another_template_is_refused(benchmark) -> None:
    template_copy = benchmark("template_copy")
    text = (template_copy.installed_template() / "pipeline/pipeline.py").read_text()
    with pytest.raises(template_copy.TemplateChangedError, match="10 commented components, not 9"):
        template_copy.enable_components(text + "  # components.append(tuner)\n")
    with pytest.raises(template_copy.TemplateChangedError, match="no ExampleValidator"):
        template_copy.enable_components(text.replace("# Performs anomaly", "# Finds anomaly"))
    with pytest.raises(template_copy.TemplateChangedError, match="0 times, not once"):
        template_copy.enable_components(text.replace("BinaryAccuracy", "Accuracy"))


def test_run_measured_counts_memory_and_cpu_of_child_processes(
    benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = benchmark("measured_process")
    held_bytes = module._held_bytes

    def held(process: Any) -> int:
        found: int = held_bytes(process)
        if found > 2**27:
            (tmp_path / "seen").touch()
        return found

    monkeypatch.setattr(module, "_held_bytes", held)
    # Memory is sampled: a busy machine may take longer to look than the child to work.
    child = "import os, time; block = b'x' * 2**27; begun = time.monotonic()\n"
    child += "while time.process_time() < 0.5: pass\n"
    child += (
        "while not os.path.exists('seen') and time.monotonic() < begun + 60: time.sleep(0.01)\n"
    )
    child += "print('done')"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); exit(3)"
    lines = []
    measured = module.run_measured(
        [sys.executable, "-c", parent], tmp_path, tmp_path / "log", {}, lambda *x: lines.append(x)
    )
    assert measured.status == 3
    assert measured.cpu_s >= 0.4
    assert measured.wall_s >= 0.4
    assert 128 < measured.peak_mb < 256
    assert [line for _, line in lines] == ["done\n"]
    assert (tmp_path / "log").read_text() == "done\n"


def test_table_of_figures_aligns_columns_and_dashes_what_is_absent(benchmark) -> None:
    table = benchmark("official_template").table(
        ("template", "ours"), {"wall, s": [61.25, 20.0], "DataGate, s": [None, 0.1]}, 1
    )
    assert table.splitlines() == [
        " " * 11 + "      template          ours",
        "wall, s              61.2          20.0",
        "DataGate, s             –           0.1",
    ]


@pytest.mark.parametrize(
    ("memory_mb", "growth"),
    [
        ([], 0.0),
        ([500.0, 600.0, 650.0, 700.0], 0.0),  # one alone says nothing
        ([500.0, 600.0, 650.0, 700.0, 770.0], 0.1),
        ([500.0, 600.0, 650.0, *[700.0] * 20], 0.0),
        ([500.0, 600.0, 650.0, *[700.0] * 10, 900.0, *[700.0] * 10], 0.0),  # a single one
        ([0.0, 0.0, 0.0, *[700.0] * 15, *[742.0] * 10], 0.06),
    ],
)
def test_soak_growth_is_of_means_after_the_first_swaps(
    benchmark, memory_mb: list[float], growth: float
) -> None:
    assert benchmark("soak").growth_of(memory_mb) == pytest.approx(growth)


def test_soak_names_each_limit_that_is_broken(benchmark) -> None:
    soak, clients = benchmark("soak"), benchmark("soak_clients")
    seen = clients.Soak(1, 2)
    seen.note("rows", "sent")
    assert soak.problems(seen, [700.0] * 30, 0) == []
    seen.note("rows", "wrong", "versions [3.0], at least 4")
    seen.note("slow", "failed", "status 500")
    assert soak.problems(seen, [700.0] * 15 + [800.0] * 15, 1) == [
        "1 requests wrong",
        "1 requests failed",
        "memory grew by 14.3% after 3 swaps",
        "the server ended with 1",
    ]
    assert seen.complaints == [
        "rows: wrong: versions [3.0], at least 4",
        "slow: failed: status 500",
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_table_of_formats_repeats_the_rows_of_taxi(benchmark, tmp_path: Path, kind: str) -> None:
    import pyarrow.csv
    import pyarrow.parquet

    subjects = benchmark("model_formats.subjects")
    file = subjects.table_of(tmp_path, 20_001, kind)
    read = {"csv": pyarrow.csv.read_csv, "parquet": pyarrow.parquet.read_table}[kind]
    table = read(file)
    assert table["row"].to_pylist() == list(range(20_001))
    fares = table["fare"].to_pylist()
    assert fares[:10_000] == fares[10_000:20_000] and fares[20_000] == fares[0]
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_row_of_formats_comes_back_as_a_model_takes_it(benchmark, tmp_path: Path) -> None:
    import numpy as np

    one_row = benchmark("model_formats.one_row")
    cells = {
        "n": np.array([2.0, 3.0]),
        "x": np.float32([np.nan, 1]),
        "t": np.array(["Zürich", ""], object),
    }
    one_row.write_row(tmp_path / "row.npz", cells)
    read = one_row.read_row(tmp_path / "row.npz")
    assert [*read] == ["n", "x", "t"]
    assert [x.dtype for x in read.values()] == [x.dtype for x in cells.values()]
    assert read["n"].tolist() == [2.0] and np.isnan(read["x"]).tolist() == [True]
    assert read["t"].tolist() == ["Zürich"]


def test_measure_of_formats_takes_the_start_apart(
    benchmark, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    formats, measured = benchmark("formats"), benchmark("measured_process").Measured

    def run(command: list[str], folder: Path) -> object:
        rows = int(command[0])
        return measured(0, 3.0 + rows / 1000, 2.0 + rows / 2000, 100 + rows / 100)

    monkeypatch.setattr(formats, "_run", run)
    way = formats.Way("a way", 10, lambda rows: [str(rows)])
    found = formats.measure(way, 50_000, 3, tmp_path)
    assert found.rows == 5_000 and found.per_s == pytest.approx(1000)
    assert found.cpu_s_a_million == pytest.approx(500)
    assert (found.start_s, found.peak_mb) == (3.1, 150)
