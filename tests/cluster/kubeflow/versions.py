"""Which versions of Kubeflow Pipelines are tried, and where their parts are."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.node import places
from tests.cluster.node.processes import ClusterError

SOURCE = "KFP_SOURCE"  # a checkout of github.com/kubeflow/pipelines; a bare one does

PROGRAMS = {  # where each is in the checkout
    "apiserver": "backend/src/apiserver",
    "driver": "backend/src/v2/cmd/driver",
    "launcher-v2": "backend/src/v2/cmd/launcher-v2",
    "persistence_agent": "backend/src/agent/persistence",
    "controller": "backend/src/crd/controller/scheduledworkflow",
}
ARGO_PROGRAMS = ("argoexec", "workflow-controller")


@dataclass(frozen=True)
class Version:
    """One version of Kubeflow Pipelines.

    Attributes:
        name: as the documents call it.
        reference: the commit or tag in the checkout.
        argo: version of Argo Workflows where go.mod names one that the module proxy has not.
    """

    name: str
    reference: str
    argo: str = ""

    @property
    def folder(self) -> Path:
        """Where its programs and sources are."""
        return places.home() / "kubeflow" / self.name

    @property
    def programs(self) -> Path:
        """Where its programs are."""
        return self.folder / "bin"

    @property
    def manifests(self) -> Path:
        """Where its own manifests are."""
        return self.folder / "source" / "manifests" / "kustomize"

    @property
    def state(self) -> Path:
        """Where its database and records are."""
        return places.state() / "kubeflow" / self.name

    def missing(self) -> list[str]:
        """Return its programs that are not built yet."""
        names = (*PROGRAMS, *ARGO_PROGRAMS)
        return [name for name in names if not (self.programs / name).is_file()]


# go.mod of 2.17 names Argo v4.0.8, which the module proxy refuses.
VERSIONS = {
    "2.17": Version("2.17", "HEAD", argo="v4.0.7"),
    "2.4.1": Version("2.4.1", "2.4.1"),
}


def checkout() -> Path:
    """Return the checkout that the caller names.

    Raises:
        ClusterError: none is named, or it is none.
    """
    named = os.environ.get(SOURCE, "")
    if not named:
        raise ClusterError(f"say where Kubeflow's sources are: {SOURCE}=DIR, a checkout of them")
    command = ["git", "-C", named, "rev-parse", "--git-dir"]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise ClusterError(f"{SOURCE}={named} is no git checkout of github.com/kubeflow/pipelines")
    return Path(named)
