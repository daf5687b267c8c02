"""Taxi on the real back end: to a pushed model that answers, and from the cache."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.cluster.kubeflow import api
from tests.cluster.kubeflow.installation import NAMESPACE, SPACE, Installation, serve
from tests.cluster.node import kubectl
from tests.cluster.serving.clients import client_pod, exec_in, put_files


@pytest.fixture(scope="module")
def console(installation: Installation) -> str:
    """What `submit --wait` said of the first run, which must succeed."""
    began = time.monotonic()
    status, text = installation.submit("--wait")
    assert status == 0, text
    (installation.artifacts.parent / "taxi-console.txt").write_text(
        f"taxi took {time.monotonic() - began:.0f} s\n{text}", encoding="utf-8"
    )
    return text


@pytest.fixture(scope="module")
def run_id(console: str) -> str:
    """The id of that run."""
    return api.run_ids()[0]


def _versions(installation: Installation) -> list[str]:
    folder = installation.artifacts / "serving_model" / "taxi"
    return sorted(x.name for x in folder.iterdir() if x.name.isdigit())


def _outcomes(installation: Installation, run_id: str) -> dict[str, dict[str, object]]:
    folder = installation.artifacts / "taxi" / "runs" / run_id
    return {file.stem: json.loads(file.read_text("utf-8")) for file in folder.glob("*.json")}


def test_run_pushes_one_model(console: str, installation: Installation) -> None:
    assert len(_versions(installation)) >= 1
    assert "Pusher" in console


def test_run_id_is_kubeflows_own(console: str, installation: Installation, run_id: str) -> None:
    found = _outcomes(installation, run_id)
    assert {"CsvExampleGen", "Transform", "Trainer", "Evaluator", "Pusher"} <= {*found}
    assert {one["state"] for one in found.values()} == {"done"}


def test_nothing_on_the_volume_is_writable_by_others(
    console: str, installation: Installation
) -> None:
    paths = [path for path in installation.artifacts.rglob("*") if not path.is_symlink()]
    assert len(paths) > 100
    open_to_all = [str(path) for path in paths if path.stat().st_mode & 0o002]
    assert open_to_all == []
    models = (installation.artifacts / "serving_model" / "taxi").rglob("saved_model.pb")
    assert {oct(model.stat().st_mode & 0o777) for model in models} == {"0o640"}


def test_status_of_the_run_names_each_step(
    console: str, installation: Installation, run_id: str
) -> None:
    status, text = installation.told("status", run_id, "--env", "kubeflow", *_host())
    assert status == 0, text
    for step in ("CsvExampleGen", "Transform", "Trainer", "Evaluator", "Pusher"):
        assert step in text


def test_second_run_is_cached(console: str, installation: Installation) -> None:
    before = _versions(installation)
    status, text = installation.submit("--wait")
    assert status == 0, text
    assert text.count("reused: nothing it uses changed") >= 9
    assert _versions(installation) == before


def test_another_value_of_a_parameter_trains_anew(console: str, installation: Installation) -> None:
    status, text = installation.submit("--wait", "--parameter=model.epochs=29")
    assert status == 0, text
    run_id = api.run_ids()[0]
    found = _outcomes(installation, run_id)
    assert found["Trainer"]["state"] == "done"
    assert "29" in json.dumps(api.asked("GET", f"/apis/v2beta1/runs/{run_id}")["runtime_config"])


def test_pushed_model_is_served(
    console: str, installation: Installation, repository: Path, tmp_path: Path
) -> None:
    serve(repository, tmp_path)
    put_files(NAMESPACE)
    kubectl.applied([client_pod("client", NAMESPACE, ["sleep", "600"])])
    kubectl.until(SPACE, "--for=condition=Ready", "pod/client")
    words = ["predict", "--url", "http://model-server:8501", "--model=taxi", "--json"]
    row = ["trip_miles=3.2", "fare=12.5", "payment_type=Cash"]
    status, text = exec_in(NAMESPACE, "client", "tfx-pipeline", *words, *row)
    assert status == 0, text
    assert 0 <= json.loads(text.splitlines()[-1])["probability"] <= 1
    kubectl.tried(SPACE, "delete", "deployment", "model-server")


def _host() -> tuple[str, ...]:
    return ("--set=environment.kubeflow.host=http://ml-pipeline:8888",)
