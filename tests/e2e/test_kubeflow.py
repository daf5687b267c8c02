"""The shipped penguins on Kubeflow Pipelines: compiled, then executed by the emulator.

Containers are processes with their own command; metadata is in a real MariaDB server, or, where
there is none, in an SQLite file on the volume.
"""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import REPOSITORY
from tests.emulators.kfp import KfpEmulator, KfpRun, compiled
from tests.forked import forked
from tests.runners.cluster.kubeflow import fixtures as kfp_fixtures
from tests.runners.metadata.database_servers import DatabaseServer, database_server

RUN_ID = "5f1c2a7e-0000-4000-8000-000000000001"
HOST = "tfx-metadata"


@pytest.fixture(scope="module")
def server() -> Iterator[DatabaseServer | None]:
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(database_server("mysql"))
        except pytest.skip.Exception:
            server = None
        yield server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "volume").mkdir()
    return folder


@pytest.fixture(scope="module")
def package(folder: Path, server: DatabaseServer | None) -> Path:
    volume = folder / "volume"
    words = [
        *("compile", "--env=kubeflow", "--upload", "-o", f"{folder}/p.yaml"),
        f"--config={REPOSITORY}/configs/penguins.yaml",
        f"--set=environment.volumes=[{{claim: c, mount_path: {volume}}}]",
        f"--set=environment.pipeline_root={volume}/penguins",
        f"--set=push.base_directory={volume}/serving",
        *_metadata(volume, server),
    ]
    done = forked().run(words, cwd=folder)
    assert done.status == 0, done.out + done.err
    if server:
        (ir,) = (volume / "penguins/ir").iterdir()
        _resolve(ir, HOST, server.host)
    return folder / "p.yaml"


def _metadata(volume: Path, server: DatabaseServer | None) -> list[str]:
    if server is None:
        said = f"{{kind: sqlite, path: {volume}/metadata.db, host: null, user: null}}"
        return [f"--set=environment.metadata={said}"]
    return [
        f"--set=environment.metadata.user={server.user}",
        f"--set=environment.metadata.database={server.database}",
        f"--set=environment.metadata.port={server.port}",
    ]


def _password(server: DatabaseServer | None) -> str:
    return server.password if server else "of no use here"


def container(command: list[str], environment: Mapping[str, str], log: Path) -> int:
    """Run a container's command in the folder of its log."""
    assert command[0] == "tfx-pipeline"
    done = forked().run(command[1:], cwd=log.parent, env=environment)
    with log.open("a", encoding="utf-8") as stream:
        stream.write(done.out + done.err)
    return done.status


@pytest.fixture(scope="module")
def first_run(folder: Path, package: Path, server: DatabaseServer | None) -> KfpRun:
    emulator = KfpEmulator(folder, container, {(HOST, "password"): _password(server)})
    done = emulator.run(package, RUN_ID, {"model_epochs": "25"})
    assert done.succeeded, emulator.log(done.started[-1])[-3000:]
    return done


def _resolve(ir: Path, host: str, address: str) -> None:
    """Do what the cluster's name service does."""
    text = ir.read_text(encoding="utf-8")
    assert f'"host": "{host}"' in text
    ir.write_text(text.replace(f'"host": "{host}"', f'"host": "{address}"'), encoding="utf-8")


@pytest.mark.e2e
def test_run_of_all_steps_pushes_a_blessed_model(first_run: KfpRun, folder: Path) -> None:
    assert set(first_run.states) == {
        *("csv-example-gen", "statistics-gen", "schema-gen", "example-validator"),
        *("latest-blessed-data-resolver", "data-gate", "transform", "trainer"),
        *("latest-blessed-model-resolver", "evaluator", "model-risk-assessor", "infra-check"),
        "pusher",
    }
    assert set(map(tuple, first_run.attempts.values())) == {(0,)}
    (version,) = (folder / "volume/serving/penguins").iterdir()
    assert (version / "saved_model.pb").is_file()


@pytest.mark.e2e
def test_run_trains_as_its_parameters_say(first_run: KfpRun, folder: Path) -> None:
    log = (folder / "trainer.log").read_text(encoding="utf-8", errors="replace")
    assert "of 25: train loss" in log and "of 60:" not in log


@pytest.mark.e2e
def test_run_leaves_its_lineage_in_the_database(
    first_run: KfpRun, server: DatabaseServer | None
) -> None:
    if server is None:
        pytest.skip("no MariaDB here")
    rows = server.sql("SELECT name FROM Context WHERE name LIKE 'penguins%' OR name LIKE '5f1c%'")
    names = {row[0] for row in rows}
    assert {"penguins", RUN_ID, "penguins.Pusher"} <= names
    assert server.sql("SELECT COUNT(*) FROM Execution")[0][0] == str(len(first_run.started))


@pytest.mark.e2e
def test_compiled_pipeline_is_legal_and_holds_no_password(
    package: Path, server: DatabaseServer | None
) -> None:
    assert len(compiled(package).tasks) == 13
    text = package.read_text(encoding="utf-8")
    assert _password(server) not in text and json.dumps(_password(server)) not in text


@pytest.mark.once
@pytest.mark.e2e
def test_second_run_by_kfp_itself_repeats_only_what_its_parameters_change(
    first_run: KfpRun,
    package: Path,
    server: DatabaseServer | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """kfp.local, with processes for containers where it has Docker."""
    pytest.importorskip("kfp.local.pipeline_orchestrator", reason="this kfp runs single tasks only")
    from kfp import components
    from kfp.local import SubprocessRunner, init, status, subprocess_task_handler

    shown: dict[str, str] = {}

    class Container:
        """Stands in for kfp's handler of Docker containers."""

        def __init__(self, full_command: list[str], **_: object) -> None:
            # kfp.local knows nothing of Argo, which would have replaced this.
            self.command = [word.replace("{{workflow.uid}}", "run-2") for word in full_command]

        def run(self) -> Any:
            node = self.command[self.command.index("--node-id") + 1]
            password = {"TFX_METADATA_PASSWORD": _password(server)}
            ended = container(self.command, password, tmp_path / f"{node}.log")
            shown[node] = (tmp_path / f"{node}.log").read_text(encoding="utf-8")
            return status.Status.FAILURE if ended else status.Status.SUCCESS

    monkeypatch.setattr(subprocess_task_handler, "SubprocessTaskHandler", Container)
    init(SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path), raise_on_error=True)
    components.load_component_from_file(str(package))(model_epochs="20")
    assert len(shown) == len(first_run.started)
    assert "= Transform" in shown["Transform"] and "✓ Trainer" in shown["Trainer"]
    assert "of 20: train loss" in shown["Trainer"]
    assert "✓ Pusher" in shown["Pusher"]


@pytest.mark.slow
def test_rendering_for_vertex_loads_in_its_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from google.auth import credentials
        from google.cloud import aiplatform

    file = tmp_path / "vertex.yaml"
    text = kfp_fixtures.rendered(kfp_fixtures.load(), for_kubernetes=False)
    file.write_text(text, encoding="utf-8")
    job = aiplatform.PipelineJob(
        display_name="penguins",
        template_path=str(file),
        pipeline_root="gs://bucket/penguins",
        parameter_values={"model_epochs": "5"},
        enable_caching=False,
        project="my-project",
        location="us-central1",
        credentials=credentials.AnonymousCredentials(),
    )
    spec = job.to_dict()
    assert spec["runtimeConfig"]["parameterValues"]["model_epochs"] == "5"
    assert set(spec["pipelineSpec"]["root"]["dag"]["tasks"]) == {
        *("csv-example-gen", "data-gate", "trainer", "latest-blessed-model-resolver", "pusher")
    }
