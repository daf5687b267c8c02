"""All manifests of deploy/, and pods of what we render, as the real API server sees them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.node import kubectl
from tests.cluster.rendered_pods import pods

_SPACES = ("serving", "kubeflow")


@pytest.fixture(scope="module", autouse=True)
def namespaces(cluster: None, repository: Path) -> Iterator[None]:
    """The namespaces that the manifests name, with the security that they are made for."""
    absent = [name for name in _SPACES if not kubectl.there("namespace", name)]
    text = (repository / "deploy/serving/kubernetes/namespace.yaml").read_text(encoding="utf-8")
    kubectl.kubectl("apply", "-f", "-", given=text)
    if "kubeflow" in absent:
        kubectl.namespace("kubeflow", **{"pod-security.kubernetes.io/enforce": "baseline"})
    account = repository / "deploy/kubeflow/base/service-account.yaml"
    # A pod that names an account needs it there.
    kubectl.kubectl("apply", "--namespace=kubeflow", "-f", str(account))
    yield
    for name in absent:
        kubectl.removed_namespace(name)


@pytest.fixture(scope="module")
def deploy(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder deploy/, with the passwords that README.md has one make."""
    folder = tmp_path_factory.mktemp("checkout") / "deploy"
    shutil.copytree(repository / "deploy", folder)
    for name in ("password", "root-password"):
        (folder / "kubeflow" / "secrets" / name).write_text("secret", encoding="utf-8")
    return folder


def _refused(resources: list[dict[str, Any]]) -> list[str]:
    """Return the lines with which the server, asked to try, refuses or warns.

    That Kubeflow's namespace wishes for restricted pods is no refusal: it sets what they are.
    """
    words = ("apply", "--dry-run=server", "-f", "-")
    done = kubectl.tried(*words, given=yaml.safe_dump_all(resources))
    assert done.returncode == 0 or done.stderr
    wished = 'would violate PodSecurity "restricted:latest"'
    return [line for line in done.stderr.splitlines() if wished not in line]


def test_manifests_of_deploy_are_accepted_by_the_server(deploy: Path) -> None:
    folders = [file.parent for file in sorted(deploy.rglob("kustomization.yaml"))]
    described = {str(x.relative_to(deploy)): kubectl.built(x) for x in folders if _is_whole(x)}
    alone = [x for x in sorted(deploy.rglob("*.yaml")) if _is_applied_alone(x)]
    for file in alone:
        name = str(file.relative_to(deploy))
        described[name] = [*yaml.safe_load_all(file.read_text(encoding="utf-8"))]
    assert {"kubeflow/base", "kubeflow/overlays/flink", "serving/kubernetes/base"} < {*described}
    refused = {name: _refused(resources) for name, resources in described.items()}
    assert {name: lines for name, lines in refused.items() if lines} == {}


def test_server_refuses_what_the_manifests_must_not_have(deploy: Path) -> None:
    (pod,) = yaml.safe_load_all((deploy / "serving/kubernetes/uploader.yaml").read_text("utf-8"))
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    (words,) = _refused([pod])
    assert 'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false' in words


@pytest.mark.parametrize(
    "sets",
    [
        [],
        ["environment.steps={default: {cpu: 0.5, memory: 2Gi}, Trainer: {gpus: 1}}"],
        ["environment.steps={default: {node_selector: {pool: a}, retries: 1}}"],
    ],
)
def test_pods_of_the_rendering_are_accepted_by_the_server(
    sets: list[str], repository: Path, tmp_path: Path
) -> None:
    refused = _refused([*pods(_compiled(repository, tmp_path, sets), namespace="kubeflow")])
    assert refused == []


def test_pods_of_a_volume_that_is_no_name_are_refused_before_the_server_is(
    repository: Path, tmp_path: Path
) -> None:
    sets = ["environment.volumes=[{claim: my.claim, mount_path: /mnt/pipeline}]"]
    done = _compile(repository, tmp_path, sets)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "my.claim" in done.stdout + done.stderr


def _compiled(repository: Path, folder: Path, sets: list[str]) -> Path:
    done = _compile(repository, folder, sets)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = folder.rglob("*.yaml")
    return file


def _compile(repository: Path, folder: Path, sets: list[str]) -> subprocess.CompletedProcess[str]:
    words = ["compile", "--env", "kubeflow", "--output", str(folder / "pipeline.yaml")]
    words += [f"--set={each}" for each in sets]
    command = [str(Path(sys.executable).with_name("tfx-pipeline")), *words]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


def _is_whole(folder: Path) -> bool:
    """Tell whether a kustomization stands alone; config/ and components are parts of others."""
    return folder.name != "config" and folder.parent.name != "components"


def _is_applied_alone(file: Path) -> bool:
    """Tell whether a README has one apply the file itself: it is in no kustomization's folder."""
    text = file.read_text(encoding="utf-8")
    return "kustomization.yaml" not in {x.name for x in file.parent.iterdir()} and "kind:" in text
