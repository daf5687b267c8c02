"""What pods beside Kubeflow Pipelines may do, and whom they may call; and the volume's modes."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.kubeflow import KUBEFLOW, KUSTOMIZATIONS, built, one
from tests.deploy.kustomization import Resource, build, only, pod_spec

_GROUP = 10001  # of the steps, and of what they write


def with_component(name: str, resources: str, folder: Path) -> list[Resource]:
    """Build a kustomization with one of the components on top."""
    places = [
        os.path.relpath(KUBEFLOW / place, folder) for place in (resources, f"components/{name}")
    ]
    described = {"resources": places[:1], "components": places[1:]}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    return build(folder)


def test_service_account_has_no_right_that_is_not_named() -> None:
    role = one("base", "Role", "tfx-pipeline")
    for rule in role["rules"]:
        assert "*" not in [*rule["verbs"], *rule["resources"], *rule["apiGroups"]]
        assert set(rule["verbs"]) <= {"get", "create", "patch"}
        if rule["resources"] != ["workflowtaskresults"]:
            assert rule["resourceNames"]
    assert _bound(one("base", "RoleBinding", "tfx-pipeline")) == ("tfx-pipeline", "tfx-pipeline")
    assert not [x for name in KUSTOMIZATIONS for x in built(name) if "Cluster" in x["kind"]]


def _bound(binding: Resource) -> tuple[str, str]:
    """Return the role and the account of a binding."""
    (subject,) = binding["subjects"]
    assert binding["roleRef"]["kind"] == "Role"
    assert (subject["kind"], subject["namespace"]) == ("ServiceAccount", "kubeflow")
    return binding["roleRef"]["name"], subject["name"]


def test_toolbox_may_look_at_pods_and_change_nothing() -> None:
    name = "tfx-pipeline-toolbox"
    assert one("toolbox.yaml", "Role", name)["rules"] == [
        {"apiGroups": [""], "resources": ["pods", "events"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]
    assert _bound(one("toolbox.yaml", "RoleBinding", name)) == (name, name)
    assert one("toolbox.yaml", "ServiceAccount", name)
    pod: Any = pod_spec(one("toolbox.yaml", "Pod", name))
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == (name, True)


def test_artifact_secret_gives_the_steps_one_more_name(tmp_path: Path) -> None:
    resources = with_component("artifact-secret", "base", tmp_path)
    before, after = one("base", "Role", "tfx-pipeline"), only(resources, "Role", "tfx-pipeline")
    assert after["rules"][:-1] == before["rules"][:-1]
    assert after["rules"][-1] == {
        **before["rules"][-1],
        "resourceNames": ["mlpipeline-minio-artifact", "my-artifact-store"],
    }


@pytest.mark.parametrize("engine", ["flink", "spark"])
def test_engines_call_each_other_and_with_the_component_a_bucket(
    engine: str, tmp_path: Path
) -> None:
    asked: Any = one(f"overlays/{engine}", "NetworkPolicy", "beam-egress")["spec"]
    among, names = asked["egress"]
    (peer,) = among["to"]
    assert peer == {"podSelector": asked["podSelector"]}
    assert {port["port"] for port in names["ports"]} == {53}
    resources = with_component("bucket-egress", f"overlays/{engine}", tmp_path)
    policy = only(resources, "NetworkPolicy", "beam-egress")
    kubernetes_validate.validate(policy, kubernetes_validate.latest_version(), strict=True)
    assert policy["spec"]["egress"][:2] == [among, names]
    ports = {port["port"] for rule in policy["spec"]["egress"][2:] for port in rule["ports"]}
    assert ports == {80, 443, 988}


def test_lost_pods_are_retried_by_a_patch_of_the_controller(tmp_path: Path) -> None:
    patch = KUBEFLOW / "components/retry-lost-pods/workflow-controller.yaml"
    said = yaml.safe_load(patch.read_text(encoding="utf-8"))["data"]
    # As Kubeflow Pipelines 2.17.0: manifests/kustomize/third-party/argo/base/
    # workflow-controller-configmap-patch.yaml. Argo 3.4.17 (Kubeflow's 2.4.1) reads it too: config/
    # config.go `WorkflowDefaults`, workflow/controller/operator.go `mergedTemplateDefaultsInto`.
    assert yaml.safe_load(said["workflowDefaults"])["spec"]["templateDefaults"] == {
        "retryStrategy": {"limit": "2", "retryPolicy": "OnError"}
    }
    kubeflows = tmp_path / "kubeflows"
    kubeflows.mkdir()
    (kubeflows / "kustomization.yaml").write_text("resources: [map.yaml]\n", encoding="utf-8")
    metadata = {"name": "workflow-controller-configmap"}
    its = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"executor": ""}}
    (kubeflows / "map.yaml").write_text(yaml.safe_dump(its), encoding="utf-8")
    (patched,) = with_component("retry-lost-pods", str(kubeflows), tmp_path)
    assert patched["data"] == {"executor": "", **said}


@pytest.mark.parametrize(("engine", "worker"), [("flink", "taskmanager"), ("spark", "worker")])
def test_nodes_are_drained_one_worker_at_a_time(engine: str, worker: str) -> None:
    name = f"{engine}-{worker}"
    many = [
        x["metadata"]["name"]
        for x in built(f"overlays/{engine}")
        if x["kind"] in ("Deployment", "StatefulSet") and x["spec"]["replicas"] > 1
    ]
    budgets = [x for x in built(f"overlays/{engine}") if x["kind"] == "PodDisruptionBudget"]
    assert [x["metadata"]["name"] for x in budgets] == many == [name]
    assert budgets[0]["spec"]["maxUnavailable"] == 1
    selector = one(f"overlays/{engine}", "Deployment", name)["spec"]["selector"]
    assert budgets[0]["spec"]["selector"] == selector


@pytest.mark.parametrize("name", [x for x in KUSTOMIZATIONS if x != "serving"])
def test_network_policies_let_in_only_pods_that_are_named(name: str) -> None:
    policies = [x for x in built(name) if x["kind"] == "NetworkPolicy"]
    guarded: dict[str, set[str]] = {"Ingress": set(), "Egress": set()}
    for policy in policies:
        for direction in policy["spec"]["policyTypes"]:
            guarded[direction] |= _names(policy["spec"]["podSelector"])
        for rule in policy["spec"].get("ingress", ()):
            for peer in rule["from"]:
                assert peer["podSelector"].get("matchLabels") or peer["podSelector"].get(
                    "matchExpressions"
                )
                assert "ipBlock" not in peer
    pods = {x["metadata"]["name"] for x in built(name) if pod_spec(x)}
    assert guarded == {"Ingress": pods, "Egress": pods}


def _names(selector: Resource) -> set[str]:
    if "matchLabels" in selector:
        return set(selector["matchLabels"].values())
    return {value for each in selector["matchExpressions"] for value in each["values"]}


_MOUNTING = [
    (name, resource)
    for name in (*KUSTOMIZATIONS, "toolbox.yaml")
    for resource in built(name)
    for volume in (pod_spec(resource) or {}).get("volumes", ())
    if volume.get("persistentVolumeClaim", {}).get("claimName") == "pipeline-artifacts"
]


@pytest.mark.parametrize(
    "pod",
    [pytest.param(pod_spec(x), id=f"{x['metadata']['name']}-{name}") for name, x in _MOUNTING],
)
def test_pods_that_mount_the_volume_are_of_its_group(pod: Resource) -> None:
    (claim,) = [x["name"] for x in pod["volumes"] if "persistentVolumeClaim" in x]
    for container in pod["containers"]:
        if claim in {mount["name"] for mount in container["volumeMounts"]}:
            security = {**pod["securityContext"], **container["securityContext"]}
            assert _GROUP in (security["runAsGroup"], *security.get("supplementalGroups", ()))


@pytest.mark.skipif(os.geteuid() != 0, reason="giving files away takes root")
def test_prepared_volume_is_its_groups_alone(tmp_path: Path) -> None:
    pod: Any = pod_spec(one("prepare-volume.yaml", "Job", "prepare-pipeline-artifacts"))
    (container,) = pod["containers"]
    volume = tmp_path / "volume"
    volume.mkdir(mode=0o777)
    rights = ",".join(f"+{x.lower()}" for x in container["securityContext"]["capabilities"]["add"])
    alone = ["setpriv", f"--regid={pod['securityContext']['runAsGroup']}", "--clear-groups"]
    *words, script = container["command"]
    for _ in range(2):  # a new volume, and one that has been prepared
        command = [*alone, f"--bounding-set=-all,{rights}", *words]
        subprocess.run([*command, script.replace("/mnt/pipeline", str(volume))], check=True)
        for place in (volume, volume / "serving_model"):
            found = place.stat()
            assert (found.st_uid, found.st_gid) == (_GROUP, _GROUP)
            assert stat.S_IMODE(found.st_mode) == 0o2770
