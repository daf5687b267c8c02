"""The taxi pipeline with Beam on Prism gives what it gives in process, by the Job API."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import NO_RISK, REPOSITORY, Project, run_forked
from tests.prism import Running, commands, killed_worker, prism, worker_pool

pytestmark = pytest.mark.e2e

ROWS = 10_000
BEAM_STEPS = ("CsvExampleGen", "StatisticsGen", "Transform", "Evaluator")


@pytest.fixture(scope="module")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The whole table, run in one process."""
    project = Project(tmp_path_factory.mktemp("here") / "taxi", ROWS, NO_RISK)
    project.run()
    return project


@pytest.fixture(scope="module")
def on_prism(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Project, Running, Running]]:
    """The same project elsewhere, with Prism and a worker pool that run in its folder."""
    folder = tmp_path_factory.mktemp("prism")
    project = Project(folder / "taxi", ROWS, NO_RISK)
    with (
        prism(project.folder, folder / "prism.log") as engine,
        worker_pool(project.folder, folder / "pool.log") as pool,
    ):
        yield project, engine, pool


def _page_words() -> list[str]:
    """Give what docs/beam.md adds to `python run_local.py`."""
    return commands()["run_local.py"][2:]


def external(engine: Running, pool: Running) -> list[str]:
    """Give the words that lay the shipped overlay over a project, with other ports."""
    return [
        *_page_words(),
        f"--set=environment.beam.job_endpoint={engine.address}",
        f"--set=environment.beam.worker_pool={pool.address}",
    ]


def test_run_on_prism_whose_worker_is_killed_goes_on_to_the_results_of_one_process(
    in_process: Project, on_prism: tuple[Project, Running, Running]
) -> None:
    project, engine, pool = on_prism
    words = external(engine, pool)
    with project.start(*words) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if " CsvExampleGen " in line:  # StatisticsGen is next
                killed_worker(pool)
        assert process.wait() == 1
    out = "".join(lines)
    assert "StatisticsGen failed" in out and "SDK worker disconnected" in out
    assert "see why Beam's worker ended" in out
    assert project.states()["StatisticsGen"] == "failed"
    assert not [*(project.folder / "tfx_pipeline_output/taxi/StatisticsGen").rglob("*.pb")]
    assert project.versions == []

    out = project.run(*words)
    assert "pushed, and queried with" in out
    assert project.states()["CsvExampleGen"] == "cached"
    assert {*BEAM_STEPS} - {*project.ran()} == {"CsvExampleGen"}
    assert len(project.versions) == 1
    assert engine.log.read_text().count("pipeline done!") == len(BEAM_STEPS) + 1
    check_same_results(in_process.summary(), project.summary())


def check_same_results(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Compare rows, statistics, vocabularies and metrics of two runs.

    An engine that is slow to read divides its rows into more files: the model learns them in
    another order, and is another one, as good.
    """
    assert one["rows"] == other["rows"]
    metrics = {"auc", "log_loss", "accuracy"} & one["metrics"].keys()
    assert "log_loss" in metrics
    for name in metrics:
        assert other["metrics"][name] == pytest.approx(one["metrics"][name], abs=0.02)
    places = [run["artifacts"] for run in (one, other)]
    for split in ("train", "eval"):
        here, there = (statistics(place["StatisticsGen.statistics"], split) for place in places)
        assert here.keys() == there.keys() and len(here) > 500
        for name, value in here.items():
            same = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
            assert there[name] == same, name
    tables = [assets(Path(place["Transform.transform_graph"])) for place in places]
    assert tables[0] == tables[1] and tables[0]


def statistics(folder: str, split: str) -> dict[str, Any]:
    """Give each field of a split's statistics by its place."""
    import tensorflow_data_validation as tfdv
    from google.protobuf import json_format

    found = tfdv.load_stats_binary(f"{folder}/Split-{split}/FeatureStats.pb")
    document = json_format.MessageToDict(found)
    for dataset in document["datasets"]:
        dataset["features"].sort(key=lambda feature: json.dumps(feature["path"]))
    return dict(leaves(document, ""))


def leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Go through what a JSON document holds."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, f"{place}.{name}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from leaves(each, f"{place}[{number}]")
    else:
        yield place, value


def assets(folder: Path) -> dict[str, bytes]:
    """Read the vocabularies of a transform graph."""
    return {file.name: file.read_bytes() for file in folder.rglob("assets/*")}


def test_run_on_prism_by_process_pushes_what_one_process_pushes(
    local_penguins: dict[str, str], tmp_path: Path
) -> None:
    for name in ("configs", "data/penguins", "schema"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    worker = Path(sys.executable).parent / "tfx-beam-worker"
    with prism(tmp_path, tmp_path / "prism.log") as engine:
        beam = {
            "engine": "prism", "job_endpoint": engine.address, "worker_command": str(worker),
        }  # fmt: skip
        words = ["--config=configs/penguins.yaml", f"--set=environment.beam={json.dumps(beam)}"]
        done = run_forked([str(REPOSITORY / "run_local.py"), *words, NO_RISK], tmp_path)
        assert "pushed, and queried with" in done.stdout
        assert engine.log.read_text().count("pipeline done!") == len(BEAM_STEPS)
    runs = [
        Path(local_penguins["Transform.transform_graph"]).parents[2],
        tmp_path / "tfx_pipeline_output/penguins",
    ]
    summaries = [next(run.glob("runs/*/summary.json")).read_text() for run in runs]
    check_same_results(*map(json.loads, summaries))


def test_run_without_engine_or_pool_is_refused_before_anything_runs(tmp_path: Path) -> None:
    project = Project(tmp_path / "taxi", 100)
    out = project.run("--env=prism", status=2)
    assert "no job service of Beam answers" in out and "localhost:8073" in out
    assert "no worker pool of Beam answers" in out and "localhost:50000" in out
    assert not (project.folder / "tfx_pipeline_output").exists()
