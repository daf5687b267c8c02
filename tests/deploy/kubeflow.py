"""Where the files of `deploy/kubeflow` are, and what several tests ask of them."""

from __future__ import annotations

import functools

import yaml

from tests.deploy.kustomization import Resource, build, only
from tests.e2e.project import REPOSITORY

KUBEFLOW = REPOSITORY / "deploy/kubeflow"
KUSTOMIZATIONS = (
    "base",
    "serving",
    *(f"overlays/{name}" for name in ("bucket", "dataflow", "flink", "spark")),
)
# What is applied once, beside the kustomizations.
ALONE = ("claim.yaml", "prepare-volume.yaml", "toolbox.yaml")


@functools.cache
def built(name: str) -> list[Resource]:
    """Return the resources of a kustomization or of a file; not to be changed."""
    if name in ALONE:
        return [*yaml.safe_load_all((KUBEFLOW / name).read_text(encoding="utf-8"))]
    return build(KUBEFLOW / name)


def one(name: str, kind: str, resource_name: str) -> Resource:
    """Return one resource of them."""
    return only(built(name), kind, resource_name)
