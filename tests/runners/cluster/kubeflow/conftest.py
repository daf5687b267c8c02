"""A compiled pipeline, and a server that takes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runners.cluster.kubeflow import fixtures as kfp_fixtures
from tests.runners.cluster.kubeflow.fake_server import FakeKfp
from tfx_pipeline.runners.cluster.kubeflow import pods, progress, requests


@pytest.fixture(autouse=True)
def _fast_and_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten all pauses; forget what this machine's environment says."""
    monkeypatch.setattr(requests, "PAUSE_S", 0.01)
    monkeypatch.setattr(progress, "POLL_S", 0.01)
    monkeypatch.setattr(pods, "_connect", lambda: (None, "there is no kubeconfig that can be used"))
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_TOKEN", "KF_PIPELINES_UI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kfp_fixtures.write_rendered(tmp_path_factory.mktemp("package"))


@pytest.fixture
def server() -> Iterator[FakeKfp]:
    with FakeKfp() as fake:
        yield fake
