"""A real run with an export: pushed beside the version, refused when it differs, and resumed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forked import Done, forked
from tfx_pipeline.deployment.client import RestClient
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.types import StateName

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SPOILT = ("python", "-m", "tests.e2e.spoilt_export")
OTHER_ROWS = "--set=export.hurting_rows={}"


class Penguins:
    """The shipped penguins in a folder of their own, exported to ONNX."""

    def __init__(self, repository: Path, folder: Path) -> None:
        self.repository, self.folder = repository, folder
        self.words = [
            *("--config=configs/penguins.yaml", "--env=quick", "--set=export=onnx"),
            f"--set=environment.pipeline_root={folder}/root",
            f"--set=environment.metadata.path={folder}/metadata.db",
            f"--set=push.base_directory={folder}/serving",
        ]
        self.base = folder / "serving/penguins"

    def tfx_pipeline(self, command: str, *words: str, spoilt: str = "") -> Done:
        """Run a command."""
        first = [*SPOILT, command] if spoilt else [command]
        env = {"SPOILT": spoilt}
        return forked().run([*first, *self.words, *words], cwd=self.repository, env=env)

    @property
    def pushed(self) -> dict[str, bytes]:
        """All files of the push destination, by name."""
        files = (x for x in self.base.rglob("*") if x.is_file())
        return {x.relative_to(self.base).as_posix(): x.read_bytes() for x in files}

    @property
    def summary(self) -> dict[str, Any]:
        """Of the newest run."""
        newest = max(self.folder.glob("root/runs/*/summary.json"))
        found: dict[str, Any] = json.loads(newest.read_text(encoding="utf-8"))
        return found

    def report(self, name: str) -> str:
        """Read a file of the newest run's report."""
        return (max(self.folder.glob("root/runs/*")) / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def penguins(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Penguins:
    project = Penguins(repository, tmp_path_factory.mktemp("formats"))
    done = project.tfx_pipeline("run")
    assert done.status == 0, done.out + done.err
    assert "with onnx" in done.out
    assert "  format   bytes   largest difference" in done.out
    return project


def test_run_with_formats_pushes_them_beside_the_version(penguins: Penguins) -> None:
    version = Path(penguins.summary["model"]).name
    assert f"{version}/saved_model.pb" in penguins.pushed
    beside = {x for x in penguins.pushed if x.startswith("formats/")}
    assert beside == {f"formats/{version}/model.onnx", f"formats/{version}/parity.json"}
    (told,) = penguins.summary["formats"]
    assert (told["format"], told["verdict"], told["real_rows"]) == ("onnx", "equal", 109)
    assert 0 < told["largest_difference"] < 1e-5
    assert told["bytes"] == len(penguins.pushed[f"formats/{version}/model.onnx"])
    listed = penguins.tfx_pipeline("models", "--json")
    (row,) = json.loads(listed.out)["versions"]
    assert (row["version"], row["formats"]) == (int(version), ["onnx"])


def test_pushed_onnx_answers_as_the_model_did_in_training(penguins: Penguins) -> None:
    import numpy as np
    import onnxruntime

    version = Path(penguins.summary["model"])
    file = penguins.base / "formats" / version.name / "model.onnx"
    session = onnxruntime.InferenceSession(str(file))
    smoke = json.loads((version / "assets.extra/smoke_rows.json").read_text(encoding="utf-8"))
    rows = smoke["instances"]
    dtypes = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(string)": object}
    fed = {
        x.name: np.array([row[x.name] for row in rows], dtypes[x.type])
        for x in session.get_inputs()
    }
    (probabilities,) = session.run(["probabilities"], fed)
    expected = np.array([each["probabilities"] for each in smoke["predictions"]])
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    told = session.get_modelmeta().custom_metadata_map
    assert told["name"] == "penguins"
    assert told["version"] == penguins.summary["run_id"]
    assert penguins.summary["data"]["digest"].startswith(told["data_fingerprint"])
    assert "CC0" in told["licence"]
    units = {x["name"]: x.get("unit") for x in json.loads(told["inputs"])}
    assert (units["body_mass_g"], units["bill_length_mm"]) == ("grams", "millimetres")


def test_report_of_a_run_with_formats_shows_them(penguins: Penguins) -> None:
    page, card = penguins.report("report.html"), penguins.report("model_card.md")
    assert "Formats beside the SavedModel" in page
    assert "onnxruntime" in page
    assert "other formats" in card
    facts = json.loads(penguins.report("report.json"))
    assert [x["format"] for x in facts["export"]["formats"]] == ["onnx"]


@contextlib.contextmanager
def served(penguins: Penguins) -> Iterator[RestClient]:
    """Let the embedded server serve the push destination."""
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            ports.append(probe.getsockname()[1])
    flags = (f"--rest_api_port={ports[0]}", f"--port={ports[1]}", "--server=embedded")
    job = forked().start(["serve", *penguins.words, *flags], cwd=penguins.repository)
    try:
        yield RestClient(f"http://127.0.0.1:{ports[0]}")
    finally:
        os.kill(job.pid, signal.SIGTERM)
        job.wait(60)


def test_server_of_a_folder_with_formats_serves_the_version_alone(penguins: Penguins) -> None:
    version = int(Path(penguins.summary["model"]).name)
    with served(penguins) as client:
        deadline = time.monotonic() + 60
        states: list[Any] = []
        while time.monotonic() < deadline and not states:
            with contextlib.suppress(ServingError):
                states = [x for x in client.states("penguins") if x.state is StateName.AVAILABLE]
            time.sleep(0.1)
    assert [x.version for x in states] == [version]


def test_run_whose_export_differs_is_refused_and_pushes_nothing(penguins: Penguins) -> None:
    before, rows = penguins.pushed, OTHER_ROWS.format(1999)
    done = penguins.tfx_pipeline("run", rows, spoilt="otherwise")
    assert done.status == 3, done.out + done.err
    assert "onnx refused" in done.out
    assert "it does not answer as the model does" in done.out
    assert "they part at" in done.out
    assert "beyond the limit" in done.out
    assert penguins.summary["status"] == "refused"
    assert penguins.summary["formats"][0]["verdict"] == "refused"
    assert penguins.summary["model"] is None
    assert penguins.pushed == before
    assert "Refused by FormatExporter, nothing was pushed" in penguins.report("report.html")
    # The ten worst rows are for who may see the table.
    assert done.out.count("differs by ") == 10
    assert "differs by " not in penguins.report("report.html") + penguins.report("report.json")

    done = penguins.tfx_pipeline("run", rows)  # the refusal is remembered
    assert done.status == 3, done.out + done.err
    states = {x["id"]: x["state"] for x in penguins.summary["steps"]}
    assert (states["Trainer"], states["FormatExporter"], states["Pusher"]) == ("cached",) * 3
    assert penguins.pushed == before


def test_run_killed_in_the_export_goes_on_there(penguins: Penguins) -> None:
    before, rows = penguins.pushed, OTHER_ROWS.format(1998)
    done = penguins.tfx_pipeline("run", rows, spoilt="killed")
    assert done.status == -signal.SIGKILL
    assert penguins.pushed == before
    done = penguins.tfx_pipeline("run", rows)
    assert done.status == 0, done.out + done.err
    assert "an earlier run was cut off: 1 unfinished step(s) cleared" in done.out
    states = {x["id"]: x["state"] for x in penguins.summary["steps"]}
    assert (states["Trainer"], states["FormatExporter"], states["Pusher"]) == (
        *("cached", "ran", "ran"),
    )
    assert penguins.pushed.keys() == before.keys()  # the same model is the same version
    assert penguins.summary["formats"][0]["rows"] == 109 + 1998

    done = penguins.tfx_pipeline("run", rows)
    assert done.status == 0, done.out + done.err
    assert "nothing to do" in done.out


def test_only_and_from_take_the_export_as_any_step(penguins: Penguins) -> None:
    done = penguins.tfx_pipeline("run", "--only=FormatExporter", OTHER_ROWS.format(1998))
    assert done.status == 0, done.out + done.err
    assert [x["id"] for x in penguins.summary["steps"]] == ["FormatExporter"]
    assert penguins.summary["status"] == "partial"
