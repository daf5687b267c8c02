"""The version of Kubeflow Pipelines that `make test-kubeflow` has brought up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.kubeflow import running
from tests.cluster.kubeflow.installation import Installation, install
from tests.cluster.kubeflow.versions import Version
from tests.cluster.node import images


@pytest.fixture(scope="session")
def kubeflow(cluster: None) -> Version:
    """The version that runs."""
    version = running.running()
    if version is None:
        pytest.fail("no Kubeflow Pipelines runs: python -m tests.cluster up --kubeflow 2.17")
    return version


@pytest.fixture(scope="session")
def shell_image(kubeflow: Version) -> str:
    """Name of a small image with a shell, which the node has."""
    images.put_shell()
    return images.SHELL


@pytest.fixture(scope="session")
def installation(
    kubeflow: Version, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """What deploy/kubeflow puts beside Kubeflow Pipelines, with a toolbox to submit from."""
    return install(repository, tmp_path_factory.mktemp("checkout"))
