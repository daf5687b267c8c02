"""The cluster for the Flink Kubernetes Operator: its fields, and the same workers as without it."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.kubeflow import KUBEFLOW, one
from tests.deploy.kustomization import Resource, pod_spec

# Fields and values of the operator's types that a session cluster may have, with their types.
# Source: https://github.com/apache/flink-kubernetes-operator, commit 0121afba,
# docs/content/docs/custom-resource/reference.md (FlinkDeploymentSpec, JobManagerSpec,
# TaskManagerSpec, Resource, FlinkVersion, KubernetesDeploymentMode).
_RESOURCE = {"cpu": (int, float), "memory": str, "ephemeralStorage": str}
_PART = {"resource": _RESOURCE, "replicas": int, "podTemplate": dict}
_SPEC = {
    "restartNonce": int,
    "flinkConfiguration": dict,
    "image": str,
    "imagePullPolicy": str,
    "serviceAccount": str,
    "flinkVersion": str,
    "ingress": dict,
    "podTemplate": dict,
    "jobManager": _PART,
    "taskManager": _PART,
    "logConfiguration": dict,
    "mode": str,
}
_VERSIONS = ("v1_16", "v1_17", "v1_18", "v1_19", "v1_20")


@pytest.fixture
def parts() -> list[Resource]:
    """The resources of the file."""
    text = (KUBEFLOW / "overlays/flink/flink-deployment.yaml").read_text(encoding="utf-8")
    return [*yaml.safe_load_all(text)]


def check_fields(value: dict[str, Any], known: dict[str, Any], place: str) -> None:
    """Hold a resource against the types of the operator."""
    for name, each in value.items():
        assert name in known, f"{place}.{name}"
        if isinstance(known[name], dict):
            check_fields(each, known[name], f"{place}.{name}")
        else:
            assert isinstance(each, known[name]), f"{place}.{name}"


def test_flink_deployment_has_fields_that_the_operator_knows(parts: list[Resource]) -> None:
    deployment, _ = parts
    assert (deployment["apiVersion"], deployment["kind"]) == (
        "flink.apache.org/v1beta1",
        "FlinkDeployment",
    )
    spec = deployment["spec"]
    check_fields(spec, _SPEC, "spec")
    assert spec["flinkVersion"] in _VERSIONS and spec["mode"] in ("native", "standalone")
    assert all(isinstance(x, str) for x in spec["flinkConfiguration"].values())
    with pytest.raises(AssertionError, match=r"spec\.taskManager\.slots"):
        check_fields({"taskManager": {"slots": 2}}, _SPEC, "spec")


@pytest.mark.parametrize("part", ["jobManager", "taskManager"])
def test_flink_deployments_pods_fit_the_schema_of_kubernetes(
    part: str, parts: list[Resource]
) -> None:
    template = parts[0]["spec"][part]["podTemplate"]
    pod = {"apiVersion": "v1", "kind": "Pod", **template}
    pod["metadata"] = {"name": "x", **template["metadata"]}
    kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)
    main, *_ = template["spec"]["containers"]
    assert main["name"] == "flink-main-container"


def test_flink_deployment_has_the_workers_size_labels_and_flink_of_the_plain_cluster(
    parts: list[Resource],
) -> None:
    deployment, service = parts
    spec = deployment["spec"]
    plain = one("overlays/flink", "Deployment", "flink-taskmanager")
    plain_pod: Any = pod_spec(plain)
    template = spec["taskManager"]["podTemplate"]
    assert template["spec"]["containers"][1] == plain_pod["containers"][1]
    assert spec["image"] == plain_pod["containers"][0]["image"]
    assert spec["taskManager"]["replicas"] == plain["spec"]["replicas"]
    # The network policies and the job service find them by these.
    labels = plain["spec"]["selector"]["matchLabels"]
    assert template["metadata"]["labels"] == labels
    plain_service = one("overlays/flink", "Service", "flink-jobmanager")
    job_manager = spec["jobManager"]["podTemplate"]["metadata"]["labels"]
    assert service["spec"]["selector"] == job_manager == plain_service["spec"]["selector"]
    rest = [x["port"] for x in plain_service["spec"]["ports"] if x["name"] == "rest"]
    assert [x["port"] for x in service["spec"]["ports"]] == rest
    kubernetes_validate.validate(service, kubernetes_validate.latest_version(), strict=True)
