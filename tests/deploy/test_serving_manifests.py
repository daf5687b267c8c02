"""The Kubernetes manifests: valid for the API, safe, and in agreement with each other."""

from __future__ import annotations

import copy
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.kustomization import Resource, pod_spec
from tests.deploy.serving import (
    DEPLOYMENTS,
    KUBERNETES,
    built,
    container_of,
    one,
    pod_of,
    server_configs,
)
from tfx_pipeline.serving.config.options import parse_flags

# What is applied once, beside the kustomization.
_ALONE = ("claim.yaml", "namespace.yaml", "uploader.yaml")
# Of the oldest release that still gets fixes from somebody, and of the newest that is known.
_RELEASES = ("1.31", kubernetes_validate.latest_version())
_LABELS = {"app.kubernetes.io/name": "model-server"}


def _alone(name: str) -> Resource:
    return yaml.safe_load((KUBERNETES / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("release", _RELEASES)
@pytest.mark.parametrize("name", [*DEPLOYMENTS, *_ALONE])
def test_manifests_fit_the_schema_of_kubernetes(name: str, release: str) -> None:
    resources = [_alone(name)] if name in _ALONE else built(name)
    for resource in resources:
        kubernetes_validate.validate(resource, release, strict=True)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("imagePullPolicyy", "Always", "imagePullPolicyy"),
        ("stdin", "yes", "boolean"),
        ("ports", [{"containerPort": "rest"}], "integer"),
    ],
)
def test_manifest_with_a_wrong_field_is_refused(field: str, value: Any, message: str) -> None:
    deployment = copy.deepcopy(one("base", "Deployment"))
    deployment["spec"]["template"]["spec"]["containers"][0][field] = value
    with pytest.raises(kubernetes_validate.ValidationError, match=message):
        kubernetes_validate.validate(deployment, _RELEASES[-1], strict=True)


@pytest.mark.parametrize("name", [*DEPLOYMENTS, "uploader.yaml"])
def test_pods_meet_the_restricted_security_standard(name: str) -> None:
    pod = pod_spec(_alone(name)) if name in _ALONE else pod_of(name)
    assert pod is not None
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    for bound in ("requests", "limits"):
        assert {"cpu", "memory", "ephemeral-storage"} <= set(container["resources"][bound])


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_server_writes_only_below_tmp(name: str) -> None:
    mounts = container_of(name)["volumeMounts"]
    assert {mount["mountPath"] for mount in mounts if not mount.get("readOnly")} == {"/tmp"}
    volumes = {volume["name"]: volume for volume in pod_of(name)["volumes"]}
    assert set(volumes) == {mount["name"] for mount in mounts}
    assert "sizeLimit" in volumes["tmp"]["emptyDir"]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_server_reads_only_files_that_are_mounted(name: str) -> None:
    options, _ = parse_flags(container_of(name)["args"])
    files = {
        options.model_config_file,
        options.batching_parameters_file,
        options.monitoring_config_file,
    }
    assert files == {f"/etc/serving/{file}" for file in server_configs(name)}
    mounted = {mount["mountPath"]: mount["name"] for mount in container_of(name)["volumeMounts"]}
    assert mounted["/etc/serving"] == "config"


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_ports_and_probes_agree_with_the_flags(name: str) -> None:
    container = container_of(name)
    options, _ = parse_flags(container["args"])
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": options.port, "rest": options.rest_api_port}
    paths = {
        probe: container[f"{probe}Probe"]["httpGet"]
        for probe in ("startup", "readiness", "liveness")
    }
    status = {"path": "/v1/models/taxi", "port": "rest"}
    assert paths == {
        "startup": status,
        "readiness": {**status, "path": "/v1/models/taxi/metadata"},
        "liveness": status,
    }
    annotations = one(name, "Deployment")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(options.rest_api_port)
    assert annotations["prometheus.io/path"] in server_configs(name)["monitoring.config"]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_selectors_find_the_pods(name: str) -> None:
    deployment = one(name, "Deployment")
    pods = deployment["spec"]["template"]["metadata"]["labels"].items()
    selectors = [
        deployment["spec"]["selector"]["matchLabels"],
        one(name, "Service")["spec"]["selector"],
        one(name, "Service", "model-server-grpc")["spec"]["selector"],
        one(name, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        one(name, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        *(
            each["labelSelector"]["matchLabels"]
            for each in pod_of(name)["topologySpreadConstraints"]
        ),
    ]
    assert all(selector == _LABELS and selector.items() <= pods for selector in selectors)
    scaled = one(name, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert scaled == {
        "apiVersion": deployment["apiVersion"],
        "kind": "Deployment",
        "name": "model-server",
    }
    assert "replicas" not in deployment["spec"]
    assert pod_of(name)["serviceAccountName"] == one(name, "ServiceAccount")["metadata"]["name"]
    assert {resource["metadata"]["namespace"] for resource in built(name)} == {"serving"}


def test_services_lead_to_the_ports_of_the_container() -> None:
    rest, grpc = one("base", "Service")["spec"], one("base", "Service", "model-server-grpc")["spec"]
    assert [(port["port"], port["targetPort"]) for port in rest["ports"]] == [(8501, "rest")]
    assert [(port["port"], port["targetPort"]) for port in grpc["ports"]] == [(8500, "grpc")]
    assert grpc["ports"][0]["appProtocol"] == "kubernetes.io/h2c"
    assert grpc["clusterIP"] == "None"
    assert "clusterIP" not in rest


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_pod_that_goes_away_first_answers_what_it_has(name: str) -> None:
    options, _ = parse_flags(container_of(name)["args"])
    channel = dict(pair.split("=") for pair in options.grpc_channel_arguments.split(","))
    (_, drained_s) = container_of(name)["lifecycle"]["preStop"]["exec"]["command"]
    connection_ms = 1.1 * int(
        channel["grpc.max_connection_age_ms"]
    ) + int(  # gRPC varies it by 10 %
        channel["grpc.max_connection_age_grace_ms"]
    )
    assert float(drained_s) * 1000 >= max(connection_ms, options.rest_api_timeout_in_ms)
    assert pod_of(name)["terminationGracePeriodSeconds"] >= float(drained_s) + 10
    # Else the server has the process number 1, and SIGTERM does nothing.
    assert pod_of(name)["shareProcessNamespace"] is True
    server = (
        "tfx-model-server" if name == "overlays/embedded" else "/usr/bin/tensorflow_model_server"
    )
    assert container_of(name)["command"] == [server]
    strategy = one(name, "Deployment")["spec"]["strategy"]["rollingUpdate"]
    assert strategy == {"maxUnavailable": 0, "maxSurge": 1}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_rollout_waits_for_the_longest_start(name: str) -> None:
    startup = container_of(name)["startupProbe"]
    longest_s = startup["periodSeconds"] * startup["failureThreshold"]
    options, _ = parse_flags(container_of(name)["args"])
    assert longest_s >= options.max_num_load_retries * options.load_retry_interval_micros / 1e6
    assert one(name, "Deployment")["spec"]["progressDeadlineSeconds"] > longest_s


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_threads_fit_the_limit_of_cpus(name: str) -> None:
    options, _ = parse_flags(container_of(name)["args"])
    cpus = int(container_of(name)["resources"]["limits"]["cpu"])
    assert options.tensorflow_intra_op_parallelism == cpus
    assert options.tensorflow_inter_op_parallelism == cpus


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_network_policy_lets_in_only_who_is_named(name: str) -> None:
    policy = one(name, "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    for rule in policy["ingress"]:
        for peer in rule["from"]:
            assert peer["podSelector"]["matchLabels"] and peer["namespaceSelector"]["matchLabels"]
    clients, prometheus = policy["ingress"]
    assert {port["port"] for port in clients["ports"]} == {"grpc", "rest"}
    assert {port["port"] for port in prometheus["ports"]} == {"rest"}
    asked = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    assert asked == ({53, 80, 443, 988} if name == "overlays/bucket" else {53})


def test_bucket_deployment_mounts_no_claim() -> None:
    kinds = {kind for volume in pod_of("overlays/bucket")["volumes"] for kind in volume}
    assert kinds == {"name", "projected", "emptyDir"}
    assert 'base_path: "gs://' in server_configs("overlays/bucket")["models.config"]
    (claim,) = [
        volume["persistentVolumeClaim"]
        for volume in pod_of("base")["volumes"]
        if "persistentVolumeClaim" in volume
    ]
    assert claim == {"claimName": _alone("claim.yaml")["metadata"]["name"], "readOnly": True}


def test_models_config_keeps_its_name_and_settings_do_not() -> None:
    names = [each["metadata"]["name"] for each in built("base") if each["kind"] == "ConfigMap"]
    assert names[0] == "model-server-models"
    assert names[1].startswith("model-server-settings-")
    (of_gpu,) = [
        each["metadata"]["name"]
        for each in built("overlays/gpu")
        if each["metadata"]["name"].startswith("model-server-settings-")
    ]
    assert of_gpu != names[1]
