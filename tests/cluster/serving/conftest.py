"""The model server in the namespace `serving`, by README.md's commands."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cluster.node import kubectl, places, volumes
from tests.cluster.serving.clients import put_files

NAMESPACE = "serving"
_USER = 10001  # as whom the image's server runs

# Less CPU is asked for, since the one node has two: a rollout needs room for a third pod.
_OVERLAY = f"""\
namespace: {NAMESPACE}
resources: [BASE]
patches:
- target: {{kind: Deployment, name: model-server}}
  patch: |-
    - {{op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 200m}}
"""


@pytest.fixture(scope="session")
def taxi_model(repository: Path) -> Path:
    """A version of taxi's model as the Pusher writes it, made once a machine."""
    kept = places.home() / "models" / "taxi"
    if not kept.is_dir():
        work = places.home() / "models" / "run"
        words = ["run", f"--set=environment.pipeline_root={work}/root"]
        words += [f"--set=environment.metadata.path={work}/metadata.db"]
        words += [f"--set=push.base_directory={work}/serving"]
        command = [str(Path(sys.executable).with_name("tfx-pipeline")), *words]
        subprocess.run(command, cwd=repository, check=True)
        (pushed,) = work.glob("serving/taxi/[0-9]*")
        shutil.copytree(pushed, kept)
        shutil.rmtree(work)
    return kept


@pytest.fixture(scope="package")
def models(cluster: None, taxi_model: Path, repository: Path) -> Iterator[Path]:
    """The folder of taxi's versions on the volume of the namespace, with version 1 in it."""
    kubernetes = repository / "deploy/serving/kubernetes"
    kubectl.removed_namespace(NAMESPACE)
    kubectl.kubectl("apply", "-f", str(kubernetes / "namespace.yaml"))
    folder = volumes.provide("models", namespace=NAMESPACE, owner=_USER)
    kubectl.kubectl("apply", "-f", str(kubernetes / "claim.yaml"))
    add_version(folder / "taxi", taxi_model, 1)
    put_files(NAMESPACE)
    yield folder / "taxi"
    kubectl.removed_namespace(NAMESPACE)


@pytest.fixture(scope="package")
def overlay(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of deploy/serving, and an overlay of the embedded server's for this node."""
    root = tmp_path_factory.mktemp("deploy")
    shutil.copytree(repository / "deploy/serving", root / "serving")
    folder = root / "small"
    folder.mkdir()
    text = _OVERLAY.replace("BASE", "../serving/kubernetes/overlays/embedded")
    (folder / "kustomization.yaml").write_text(text, encoding="utf-8")
    assert yaml.safe_load(text)["namespace"] == NAMESPACE
    return folder


@pytest.fixture(scope="package")
def server(image: str, models: Path, overlay: Path) -> str:
    """Name of the Service of a server that is rolled out."""
    kubectl.kubectl("apply", "-k", str(overlay))
    rolled_out()
    return "model-server"


def rolled_out(within_s: int = 420) -> None:
    """Wait until the rollout has ended, with both pods."""
    space = f"--namespace={NAMESPACE}"
    words = ("rollout", "status", "deployment/model-server", f"--timeout={within_s}s")
    kubectl.until(space, "--for=jsonpath={.status.replicas}=2", "deployment/model-server")
    kubectl.kubectl(space, *words, timeout_s=within_s + 30)


def add_version(folder: Path, model: Path, version: int) -> None:
    """Bring a version beside its place, then rename it, as README.md says."""
    folder.mkdir(exist_ok=True)
    made = folder / f".{version}.incomplete"
    shutil.copytree(model, made)
    subprocess.run(["chown", "-R", f"{_USER}:{_USER}", str(folder)], check=True)
    made.rename(folder / str(version))
