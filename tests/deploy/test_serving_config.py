"""The server's flags and configuration files, as the real server and the embedded one read them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.deploy.kustomization import pod_spec
from tests.deploy.serving import (
    CONFIG,
    DEPLOYMENTS,
    KUBERNETES,
    compose_service,
    container_of,
    server_configs,
)
from tfx_pipeline.deployment import launch, server_flags
from tfx_pipeline.serving.config.options import check_options, parse_flags
from tfx_pipeline.serving.config.protos import read_message, read_model_config

EMBEDDED_ONLY = (
    "bind_address",
    "workers",
    "rest_tls_cert_file",
    "rest_tls_key_file",
    "bearer_token_file",
)


@pytest.fixture(params=DEPLOYMENTS)
def configs(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with the configuration files of a deployment."""
    for name, text in server_configs(request.param).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_flags_of_the_embedded_server_alone_are_those_of_the_package() -> None:
    assert server_flags.EMBEDDED_ONLY == EMBEDDED_ONLY


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_flags_are_known_and_written_with_their_values(name: str) -> None:
    arguments = container_of(name)["args"]
    options, unknown = parse_flags(arguments)
    assert unknown == []
    check_options(options)
    for argument in arguments:
        flag, equals, value = argument.partition("=")
        assert flag.startswith("--") and equals and value, argument
        only_embedded = flag.removeprefix("--") in EMBEDDED_ONLY  # the real server passes over them
        assert only_embedded == (name == "overlays/embedded" and flag == "--bind_address"), argument
    assert options.allow_version_labels_for_unavailable_models
    assert options.enable_batching
    assert options.model_config_file_poll_wait_seconds == 30


def test_compose_starts_the_server_as_kubernetes_does() -> None:
    service = compose_service()
    assert service["command"] == container_of("base")["args"]
    assert service["entrypoint"] == container_of("base")["command"]


def test_models_config_is_one_that_the_real_server_accepts(configs: Path) -> None:
    config = read_model_config(str(configs / "models.config"))
    (model,) = config.model_config_list.config
    assert (model.name, model.model_platform) == ("taxi", "tensorflow")
    assert model.base_path.startswith(("/models/", "gs://"))
    assert not model.HasField("logging_config")
    assert model.model_version_policy.latest.num_versions == 2


def test_batching_config_obeys_the_rules_of_the_scheduler(configs: Path) -> None:
    batching = read_message("BatchingParameters", str(configs / "batching.config"))
    largest = batching.max_execution_batch_size.value
    assert batching.enable_large_batch_splitting.value is True
    assert largest <= batching.max_batch_size.value
    # A request of the largest size must fit into the empty queue.
    assert batching.max_batch_size.value <= largest * batching.max_enqueued_batches.value
    sizes = list(batching.allowed_batch_sizes)
    assert sizes == sorted(set(sizes))
    if sizes:
        assert sizes[-1] == batching.max_batch_size.value
        assert largest in sizes


def test_monitoring_config_turns_prometheus_on(configs: Path) -> None:
    monitoring = read_message("MonitoringConfig", str(configs / "monitoring.config"))
    assert monitoring.prometheus_config.enable is True
    assert monitoring.prometheus_config.path == "/monitoring/prometheus/metrics"


def test_config_folder_holds_what_compose_mounts_and_no_more() -> None:
    assert {path.name for path in CONFIG.iterdir()} == {
        "models.config",
        "batching.config",
        "monitoring.config",
        "kustomization.yaml",
    }


def test_image_has_one_version_everywhere() -> None:
    uploader = pod_spec(yaml.safe_load((KUBERNETES / "uploader.yaml").read_text()))
    assert uploader is not None
    compose = compose_service()["image"].replace("${TF_SERVING_VERSION:-", "").rstrip("}")
    images = {
        "uploader": uploader["containers"][0]["image"],
        "compose": compose,
        **{name: container_of(name)["image"] for name in DEPLOYMENTS},
    }
    tags = {name: image.partition("@")[0] for name, image in images.items()}  # without a digest
    assert tags.pop("overlays/embedded") == "registry.example.com/tfx-pipeline:0.1"
    assert tags.pop("overlays/gpu") == f"{launch.DOCKER_IMAGE}-gpu"
    assert set(tags.values()) == {launch.DOCKER_IMAGE}
