"""The embedded server, started with the flags and configuration files of `deploy/serving`."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.serving import container_of, server_configs
from tests.deploy.test_serving_compose import run_health_check
from tests.serving.running import RunningServer
from tfx_pipeline.serving.config.protos import read_model_config

pytestmark = pytest.mark.slow


@pytest.fixture(params=["base", "overlays/gpu"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, base_path: Callable[..., Path]
) -> Iterator[RunningServer]:
    """A server as a pod of a deployment has it, on models of this machine."""
    configs = tmp_path / "serving"
    configs.mkdir()
    for name, text in server_configs(request.param).items():
        (configs / name).write_text(text, encoding="utf-8")
    models = base_path(1, 2, 3, name="taxi")
    (model,) = read_model_config(str(configs / "models.config")).model_config_list.config
    text = (configs / "models.config").read_text(encoding="utf-8")
    (configs / "models.config").write_text(text.replace(model.base_path, str(models)))
    flags = [
        flag.replace("/etc/serving", str(configs))
        for flag in container_of(request.param)["args"]
        if not flag.startswith(("--port=", "--rest_api_port="))
    ]
    with RunningServer(tmp_path / "server.log", *flags) as running:
        yield running.wait_open()


def test_server_of_a_deployment_passes_its_probes_and_answers(server: RunningServer) -> None:
    assert "unknown argument" not in server.output
    assert run_health_check(server.rest_port) == 0
    for probe in ("startup", "readiness", "liveness"):
        path = container_of("base")[f"{probe}Probe"]["httpGet"]["path"]
        assert server.ask(path.removeprefix("/v1/models/"))[0] == 200, probe
    server.wait_states("taxi", {"3": "AVAILABLE", "2": "AVAILABLE"})
    rows = [float(row) for row in range(300)]  # more than one batch holds
    status, answer = server.ask("taxi:predict", {"instances": rows})
    assert status == 200
    assert answer == {"predictions": [row / 2 + 2 for row in rows]}
    url = f"http://127.0.0.1:{server.rest_port}/monitoring/prometheus/metrics"
    with urllib.request.urlopen(url, timeout=10) as metrics:
        assert b':tensorflow:serving:request_count{model_name="taxi"' in metrics.read()
