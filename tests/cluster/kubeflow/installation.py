"""deploy/kubeflow on the cluster by its README.md, and `tfx-pipeline` in the toolbox."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import pipeline_image
from tests.cluster.kubeflow import running
from tests.cluster.kubeflow.versions import VERSIONS
from tests.cluster.mariadb import image as mariadb_image
from tests.cluster.node import kubectl, volumes
from tests.deploy.readme import Readme, run

NAMESPACE = "kubeflow"
SPACE = f"--namespace={NAMESPACE}"
TOOLBOX = "tfx-pipeline-toolbox"
HOST = "--set=environment.kubeflow.host=http://ml-pipeline:8888"
_DATABASE_USER = 999


@dataclass(frozen=True)
class Installation:
    """What stands in the cluster, and where its volume lies on this machine."""

    artifacts: Path

    def submit(self, *words: str, timeout_s: float = 1500) -> tuple[int, str]:
        """Submit from the toolbox as README.md does; return the exit status and the console."""
        return self.told("submit", "--env", "kubeflow", HOST, *words, timeout_s=timeout_s)

    def told(self, *words: str, timeout_s: float = 300) -> tuple[int, str]:
        """Run `tfx-pipeline` in the toolbox; return its status, and what it wrote."""
        command = (SPACE, "exec", TOOLBOX, "--", "tfx-pipeline", *words)
        done = kubectl.tried(*command, timeout_s=timeout_s)
        return done.returncode, done.stdout + done.stderr

    def started(self, *words: str) -> subprocess.Popen[str]:
        """Submit as `submit` does, and do not wait for its end."""
        told = ("tfx-pipeline", "submit", "--env", "kubeflow", HOST, *words)
        return subprocess.Popen(
            kubectl.command(SPACE, "exec", TOOLBOX, "--", *told),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


def install(repository: Path, folder: Path) -> Installation:
    """Do what README.md says from the passwords to the toolbox."""
    for name in ("deploy", "configs", "data", "schema"):
        shutil.copytree(repository / name, folder / name)
    pipeline_image.ensure()
    mariadb_image.ensure()
    readme = Readme(folder / "deploy/kubeflow/README.md")
    artifacts = volumes.folder_of("pipeline-artifacts", namespace=NAMESPACE)
    if kubectl.tried(SPACE, "get", "statefulset/tfx-metadata").returncode:
        volumes.provide("pipeline-artifacts", namespace=NAMESPACE)
        volumes.provide("data-tfx-metadata-0", namespace=NAMESPACE, owner=_DATABASE_USER)
        _done(readme.block("openssl rand"), folder)
        _done(readme.block("claim.yaml"), folder)
    else:  # it stands from an earlier session, perhaps with an older image
        kubectl.kubectl(SPACE, "delete", "pod", TOOLBOX, "--ignore-not-found", timeout_s=120)
    if running.running() != VERSIONS["2.17"]:
        _done(readme.block("retry-lost-pods"), folder)
    toolbox = readme.block("toolbox.yaml").splitlines()
    _done("\n".join(line for line in toolbox if "tfx-pipeline submit" not in line), folder)
    return Installation(artifacts)


def serve(repository: Path, folder: Path) -> None:
    """Bring the server of deploy/kubeflow/serving up, of our own image, asking for less CPU."""
    overlay = folder / "served"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text(
        f"""\
namespace: {NAMESPACE}
resources: [../deploy/kubeflow/serving]
components: [../deploy/serving/kubernetes/components/embedded]
patches:
- target: {{kind: Deployment, name: model-server}}
  patch: |-
    - {{op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: 50m}}
""",
        encoding="utf-8",
    )
    if not (folder / "deploy").exists():
        shutil.copytree(repository / "deploy", folder / "deploy")
    kubectl.kubectl("label", "--overwrite", "namespace", NAMESPACE, "model-server-client=true")
    kubectl.kubectl("apply", "-k", str(overlay))
    words = ("rollout", "status", "deployment/model-server", "--timeout=600s")
    kubectl.kubectl(SPACE, *words, timeout_s=660)


def _done(script: str, folder: Path) -> None:
    """Run commands of the README, with the cluster's kubectl."""
    words = " ".join(kubectl.command())
    run(f'kubectl() {{ {words} "$@"; }}\n{script}', folder)
