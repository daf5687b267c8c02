"""`compile` and `submit` from the command line, up to where TFX would be imported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import REPOSITORY
from tests.emulators.json_server import Answer
from tests.runners.cluster.kubeflow import fixtures as kfp_fixtures
from tests.runners.cluster.kubeflow.fake_server import RUN_ID, FakeKfp, run_state, task
from tests.runners.cluster.vertex.submitting import NATIVE
from tfx_pipeline.cli import main
from tfx_pipeline.commands import submit as submit_module
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.processes.this_process import program
from tfx_pipeline.runners.cluster import compile as compiling
from tfx_pipeline.runners.cluster.kubeflow import pods as kfp_pods
from tfx_pipeline.runners.cluster.kubeflow import progress as kfp_progress
from tfx_pipeline.runners.cluster.submission import Submitted
from tfx_pipeline.runners.cluster.vertex import api as vertex_api
from tfx_pipeline.runners.cluster.vertex import rendering as vertex_rendering
from tfx_pipeline.runners.cluster.vertex import submit as vertex_submit
from tfx_pipeline.runners.node import ir_file
from tfx_pipeline.runners.steps.step_outcome import StepOutcome, outcome_place
from tfx_pipeline.storage.fileio import write_bytes

pytestmark = [pytest.mark.slow, pytest.mark.once]  # they import kfp or TFX

CONFIG = f"--config={REPOSITORY}/configs/penguins.yaml"


@pytest.fixture(autouse=True)
def _ir_without_tfx(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = [
        {"pipelineNode": {"nodeInfo": {"id": node}, "upstreamNodes": upstream}}
        for node, upstream in kfp_fixtures.UPSTREAM.items()
    ]
    text = json.dumps({"pipeline": {"nodes": nodes}})
    monkeypatch.setattr(ir_file, "make_ir", lambda *_: text)
    monkeypatch.setattr(kfp_progress, "POLL_S", 0.01)
    monkeypatch.setattr(kfp_pods, "_connect", lambda: (None, "there is no kubeconfig"))
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_TOKEN", "KF_PIPELINES_UI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def run(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main([words[0], CONFIG, *words[1:]])
    out, err = capfd.readouterr()
    return status, out, err


def on_volume(folder: Path, *words: str) -> list[str]:
    return [
        "--env=kubeflow",
        f"--set=environment.volumes=[{{claim: c, mount_path: {folder}}}]",
        f"--set=environment.pipeline_root={folder}/root",
        f"--set=push.base_directory={folder}/serving",
        *words,
    ]


def test_compile_says_what_it_wrote_and_what_comes_next(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = on_volume(tmp_path / "volume", "-o", f"{tmp_path}/p.yaml")
    status, out, err = run(capfd, "compile", *words)
    assert (status, err) == (0, "")
    assert "penguins: 344 rows from data/penguins, for kfp\n" in out
    assert f"  written    {tmp_path}/p.yaml\n" in out
    assert "not there yet: --upload, or submit, brings it" in out
    assert f"  next       {program()} submit {CONFIG} --env=kubeflow" in out
    assert " -o " not in out.splitlines()[-1]


def test_compile_prints_warnings_and_goes_on(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["--set=environment.image=example/tfx:latest", "-o", f"{tmp_path}/p.yaml"]
    status, _, err = run(capfd, "compile", *on_volume(tmp_path, *words))
    assert status == 0
    assert err.startswith("warning: ") and "what `latest` names changes" in err


@pytest.mark.parametrize(("words", "expected"), [
    ([], "there is nothing to compile"),
    (["--env=moon"], "no such file"),
    (["--env=kubeflow", "--set=environment.image=null"], "`environment.image` is missing"),
    (["--env=kubeflow", "--set=environment.steps.Trianer={cpu: 1}"], "did you mean `Trainer`?"),
    (["--env=kubeflow", "--set=environment.runtime_parameters=[model.epoch]"], "`epochs`?"),
    (["--env=kubeflow", "-o", "/proc/no/p.yaml"], "this file cannot be written"),
    (["--env=kubeflow", "--set=data.path=data/pinguins"], "no such file or folder"),
    (["--env=kubeflow", "--set=environment.steps={Trainer: {memory: lots}}"], "memory"),
])  # fmt: skip
def test_compile_of_what_cannot_be_compiled_ends_with_status_2(
    capfd: pytest.CaptureFixture[str], words: list[str], expected: str
) -> None:
    status, out, _ = run(capfd, "compile", *words)
    assert (status, expected in out) == (2, True), out


def test_compile_with_an_unknown_target_names_those_there_are(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(capfd, "compile", "--target=argo")
    assert caught.value.code == 2 and "choose from" in capfd.readouterr().err


def test_compile_that_breaks_names_the_log_and_the_command(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise RuntimeError("TFX broke")

    monkeypatch.setattr(ir_file, "make_ir", broken)
    status, out, _ = run(capfd, "compile", *on_volume(tmp_path, "-o", f"{tmp_path}/p.yaml"))
    log = next(line for line in out.splitlines() if line.startswith("full log: "))[10:]
    assert status == 1 and "RuntimeError: TFX broke" in out
    assert "RuntimeError: TFX broke" in Path(log).read_text(encoding="utf-8")
    Path(log).unlink()


def test_submit_compiles_uploads_runs_and_waits(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with FakeKfp() as server:
        server.run_states = [
            {"state": "RUNNING"},
            run_state("SUCCEEDED", task("trainer", "SUCCEEDED")),
        ]
        words = on_volume(tmp_path, f"--set=environment.kubeflow.host={server.url}")
        words += ["--wait", "--run-name=first", "--parameter=model.epochs=5"]
        status, out, _ = run(capfd, "submit", *words)
        (sent,) = server.sent("POST", "runs")
    assert status == 0, out
    assert sent.body["runtime_config"] == {"parameters": {"model_epochs": "5"}}
    spec = sent.body["pipeline_spec"]["pipeline_spec"]
    words = spec["deploymentSpec"]["executors"]["exec-trainer"]["container"]["args"]
    assert Path(words[words.index("--ir") + 1]).is_file()
    assert len(list((tmp_path / "root/input").iterdir())) == 1
    assert "  ✓ Trainer" in out and "  status     succeeded\n" in out
    assert f"  look at    {server.url}/#/runs/details/{RUN_ID}\n" in out


@pytest.mark.parametrize(("state", "status"), [("failed", 1), ("refused", 3)])
def test_submit_of_a_run_that_fails_ends_with_its_status(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, state: Any, status: int
) -> None:
    outcome = StepOutcome("Pusher", RUN_ID, state, title="nothing was pushed")
    place = outcome_place(str(tmp_path / "root"), RUN_ID, "Pusher")
    write_bytes(place, outcome.to_json().encode())
    with FakeKfp() as server:
        server.run_states = [run_state("FAILED", task("pusher", "FAILED"))]
        words = on_volume(tmp_path, f"--set=environment.kubeflow.host={server.url}", "--wait")
        found, out, _ = run(capfd, "submit", *words)
    assert (found, "  message    Pusher: nothing was pushed\n" in out) == (status, True), out


@pytest.mark.parametrize(("words", "status", "expected"), [
    (["--set=environment.kubeflow.host=null"], 2, "the address of the API is missing"),
    (["--set=environment.kubeflow.host=localhost"], 2, "environment.kubeflow.host"),
    (["--wait", "--set=environment.job.schedule=0 3 * * *",
      "--set=environment.kubeflow.host=null"], 2, "--wait does nothing: environment.job.schedule"),
    (["--run-name=two\nlines"], 2, "not a name for a run"),
    (["--parameter=model.epoch=5"], 2, "did you mean `model.epochs`?"),
    (["--parameter=environment.image=a:b"], 2, "--parameter environment.image=a:b: no such"),
    (["--parameter=model.epochs=0"], 2, "greater than or equal to 1"),
    (["--set=environment.kubeflow.host=http://nowhere.invalid",
      "--set=environment.job.request_retries=0"], 1, "it cannot be reached"),
])  # fmt: skip
def test_submit_of_what_cannot_be_submitted_ends_before_compiling(
    capfd: pytest.CaptureFixture[str], words: list[str], status: int, expected: str
) -> None:
    found, out, _ = run(capfd, "submit", "--env=kubeflow", *words)
    assert (found, expected in out) == (status, True), out
    assert "344 rows" not in out


def test_submit_of_a_second_run_of_a_name_ends_before_compiling(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with FakeKfp(runs=[{"run_id": "r-1", "display_name": "first", "state": "PENDING"}]) as server:
        host = f"--set=environment.kubeflow.host={server.url}"
        found, out, _ = run(capfd, "submit", "--env=kubeflow", host, "--run-name=first")
    assert (found, "a run of this name has not ended: r-1, PENDING" in out) == (2, True), out
    assert "344 rows" not in out


def test_submit_of_a_local_environment_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capfd, "submit")
    assert (status, "there is nothing to compile" in out) == (2, True)


def test_submit_to_a_service_that_refuses_the_run_shows_its_message(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with FakeKfp(planned={"POST runs": [Answer(400, {"message": "quota is used up"})]}) as server:
        words = on_volume(tmp_path, f"--set=environment.kubeflow.host={server.url}")
        status, out, _ = run(capfd, "submit", *words)
    assert (status, "400 quota is used up" in out) == (1, True), out


def test_submit_to_native_vertex_compiles_parameters_in(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(submit_module, "_submit", lambda *values: seen.append(values) or 1 / 0)
    words = ["--set=environment.runner=vertex", "--parameter=model_epochs=5", "--env=kubeflow"]
    with pytest.raises(ZeroDivisionError):
        run(capfd, "submit", *words)
    loaded, target, options = seen[0][:3]
    assert (loaded.config.model.epochs, target, options.parameters) == (5, "vertex-native", {})


def test_shipped_overlay_loads_with_each_shipped_pipeline() -> None:
    for name in ("taxi", "ames", "penguins"):
        config = load_config(REPOSITORY / f"configs/{name}.yaml", "kubeflow").config
        assert config.root_uri == f"/mnt/pipeline/{name}"


@pytest.mark.parametrize("rendering", ["native", "generic"])
def test_submit_to_vertex_hands_over_the_compiled_document(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, rendering: str
) -> None:
    seen: list[Any] = []

    def submit(_config: object, document: Any, options: Any, _say: object, api: Any) -> Submitted:
        seen.append((document, dict(options.parameters), api))
        return Submitted("1", "first", "https://console", "refused", "the gate refused")

    monkeypatch.setattr(vertex_api, "VertexApi", lambda config: config.environment.vertex.project)
    monkeypatch.setattr(vertex_submit, "submit", submit)
    monkeypatch.setattr(vertex_rendering, "render", lambda *_: NATIVE)
    monkeypatch.setattr(compiling, "upload_inputs", lambda *_: None)
    monkeypatch.setattr(compiling, "upload_ir", compiling.ir_uri)
    overrides = [
        *("environment.runner=vertex", f"environment.vertex.rendering={rendering}"),
        *("environment.vertex.project=my-project", "environment.vertex.location=us-east1"),
        "environment.pipeline_root=gs://bucket/p",
        *("push.base_directory=gs://bucket/m", "environment.volumes=[]", "environment.secrets=[]"),
        *("environment.service_account=a@my-project.iam.gserviceaccount.com",),
    ]
    words = [f"--set={override}" for override in overrides]
    status, out, _ = run(
        capfd, "submit", "--env=kubeflow", *words, "--parameter=model.epochs=5", "--wait"
    )
    assert status == 3 and "the gate refused" in out, out
    document, parameters, api = seen[0]
    assert ("pipelineSpec" if rendering == "native" else "schemaVersion") in document
    assert parameters == ({} if rendering == "native" else {"model_epochs": "5"})
    assert api == "my-project"
