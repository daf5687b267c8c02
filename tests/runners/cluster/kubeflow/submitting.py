"""What the tests of submissions to Kubeflow Pipelines share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.runners.cluster.kubeflow import fixtures as kfp_fixtures
from tests.runners.cluster.kubeflow.fake_server import FakeKfp
from tfx_pipeline.errors import PipelineError
from tfx_pipeline.runners.cluster.kubeflow import submit as kubeflow_submit
from tfx_pipeline.runners.cluster.submission import SubmitOptions, Submitted

CONFIGURED = ("environment.job.experiment=tfx-pipeline", "environment.service_account=tfx-pipeline")


class Lines(list[str]):
    """Keeps the lines that are shown."""

    def __call__(self, text: str) -> None:
        self.append(text)


def submit(
    server: FakeKfp | str, package: Path, *overrides: str, lines: Lines | None = None, **said: Any
) -> Submitted:
    """Submit what is compiled to a server, or to an address."""
    url = server if isinstance(server, str) else server.url
    loaded = kfp_fixtures.load(f"environment.kubeflow.host={url}", *CONFIGURED, *overrides)
    options = SubmitOptions(**said)
    return kubeflow_submit.submit(
        loaded.config, package, options, lines if lines is not None else Lines()
    )


def refusal(server: FakeKfp | str, package: Path, *overrides: str, **said: Any) -> str:
    """Submit; give the error."""
    with pytest.raises(PipelineError) as caught:
        submit(server, package, *overrides, **said)
    return str(caught.value)
