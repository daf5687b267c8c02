"""What tests on the cluster share; without `-m cluster` they are not run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import pipeline_image
from tests.cluster.node import kubernetes

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and leave them out unless they are asked for."""
    ours = [item for item in items if _HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.cluster)
    if "cluster" not in config.option.markexpr:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in set(ours)]


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """Kubernetes, up; it stays up for whoever brought it up."""
    if kubernetes.is_up():
        yield
        return
    kubernetes.up()
    yield
    kubernetes.down()


@pytest.fixture(scope="session")
def image(cluster: None) -> str:
    """Name of the image of the steps, which the node has."""
    pipeline_image.ensure()
    return pipeline_image.NAME
