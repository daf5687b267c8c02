"""Where the files of `deploy/serving` are, and what several tests ask of them."""

from __future__ import annotations

import functools
from typing import Any

import yaml

from tests.deploy.kustomization import Resource, build, only, pod_spec
from tests.e2e.project import REPOSITORY

SERVING = REPOSITORY / "deploy/serving"
CONFIG = SERVING / "config"
KUBERNETES = SERVING / "kubernetes"
DEPLOYMENTS = ("base", "overlays/gpu", "overlays/bucket", "overlays/embedded")


@functools.cache
def built(name: str) -> list[Resource]:
    """Return the resources of one of the deployments; not to be changed."""
    return build(KUBERNETES / name)


def one(name: str, kind: str, resource_name: str = "model-server") -> Resource:
    """Return one resource of a deployment."""
    return only(built(name), kind, resource_name)


def pod_of(name: str) -> Resource:
    """Return what the server's pods are made of."""
    spec = pod_spec(one(name, "Deployment"))
    assert spec is not None
    return spec


def container_of(name: str) -> Resource:
    """Return the server's container."""
    (container,) = pod_of(name)["containers"]
    return container


def compose_service() -> Resource:
    """Return the server's service in the compose file."""
    return yaml.safe_load((SERVING / "compose.yaml").read_text())["services"]["model-server"]


def server_configs(name: str) -> dict[str, str]:
    """Return the content of the configuration files that a deployment mounts, by file name."""
    (sources,) = [
        volume["projected"]["sources"]
        for volume in pod_of(name)["volumes"]
        if "projected" in volume
    ]
    files: dict[str, Any] = {}
    for source in sources:
        files |= one(name, "ConfigMap", source["configMap"]["name"])["data"]
    return files
