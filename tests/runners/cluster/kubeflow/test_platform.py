"""What is said to Kubernetes alone: in names that 2.4.1 and 2.17 read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runners.cluster.kubeflow.fixtures import load
from tfx_pipeline.config.sections.environment import EnvironmentConfig
from tfx_pipeline.runners.cluster.kubeflow.platform import executor_config

ALL_OF_IT = (
    "environment.image_pull_secrets=registry-login,other",
    "environment.config_maps={name: tracing, key: endpoint, env: OTEL_ENDPOINT}",
    "environment.secrets=[{name: tfx-metadata, key: password, env: TFX_METADATA_PASSWORD},"
    " {name: bucket-key, mount_path: /mnt/bucket-key}]",
    "environment.steps={Trainer: {node_selector: {pool: gpu}, image_pull_policy: Always,"
    " annotations: {example.com/team: a b}, ephemeral_storage: 20Gi,"
    " tolerations: [{key: gpu, value: 'yes', effect: NoExecute, toleration_seconds: 0},"
    " {operator: Exists}],"
    " node_affinity: [{match_expressions: {key: zone, values: [a, b]}},"
    " {match_expressions: {key: cores, operator: Gt, values: '8'}, weight: 5}]},"
    " Evaluator: {ephemeral_storage: {size: 1Ti, storage_class: fast, mount_path: /mnt/scratch}}}",
)
EXPECTED = {
    "imagePullPolicy": "Always",
    "imagePullSecret": [{"secretName": "registry-login"}, {"secretName": "other"}],
    "nodeSelector": {"labels": {"pool": "gpu"}},
    "nodeAffinity": [
        {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]},
        {"matchExpressions": [{"key": "cores", "operator": "Gt", "values": ["8"]}], "weight": 5},
    ],
    "tolerations": [
        {
            "key": "gpu",
            "operator": "Equal",
            "value": "yes",
            "effect": "NoExecute",
            "tolerationSeconds": "0",
        },
        {"operator": "Exists"},
    ],
    "podMetadata": {
        "labels": {"app": "tfx-pipeline"},
        "annotations": {"example.com/team": "a b"},
    },
    "pvcMount": [{"constant": "pipeline-artifacts", "mountPath": "/mnt/pipeline"}],
    "secretAsEnv": [
        {
            "secretName": "tfx-metadata",
            "keyToEnv": [{"secretKey": "password", "envVar": "TFX_METADATA_PASSWORD"}],
        }
    ],
    "secretAsVolume": [{"secretName": "bucket-key", "mountPath": "/mnt/bucket-key"}],
    "configMapAsEnv": [
        {
            "configMapName": "tracing",
            "keyToEnv": [{"configMapKey": "endpoint", "envVar": "OTEL_ENDPOINT"}],
        }
    ],
    "emptyDirMounts": [{"volumeName": "tfx-scratch", "mountPath": "/tmp", "sizeLimit": "20Gi"}],
}

# Recorded: fields of `KubernetesExecutorConfig` and of its parts in
# kubernetes_platform/proto/kubernetes_executor_config.proto of kubeflow/pipelines at 2.4.1, all of
# which are there at 2.17.0 too (some `[deprecated = true]`).
_AT_2_4_1: dict[str, set[str]] = {
    "": {
        *("secretAsVolume", "secretAsEnv", "pvcMount", "nodeSelector", "podMetadata"),
        *("imagePullSecret", "imagePullPolicy", "configMapAsVolume", "configMapAsEnv"),
        *("activeDeadlineSeconds", "fieldPathAsEnv", "tolerations", "genericEphemeralVolume"),
        *("nodeAffinity", "podAffinity", "enabledSharedMemory", "emptyDirMounts"),
    },
    "secretAsVolume": {"secretName", "mountPath", "optional"},
    "secretAsEnv": {"secretName", "keyToEnv"},
    "secretAsEnv.keyToEnv": {"secretKey", "envVar"},
    "pvcMount": {"taskOutputParameter", "constant", "componentInputParameter", "mountPath"},
    "nodeSelector": {"labels"},
    "podMetadata": {"labels", "annotations"},
    "imagePullSecret": {"secretName"},
    "configMapAsEnv": {"configMapName", "keyToEnv"},
    "configMapAsEnv.keyToEnv": {"configMapKey", "envVar"},
    "tolerations": {"key", "operator", "value", "effect", "tolerationSeconds"},
    "genericEphemeralVolume": {
        *("volumeName", "mountPath", "accessModes", "size", "defaultStorageClass"),
        *("storageClassName", "metadata"),
    },
    "nodeAffinity": {"matchExpressions", "matchFields", "weight"},
    "nodeAffinity.matchExpressions": {"key", "operator", "values"},
    "emptyDirMounts": {"volumeName", "mountPath", "medium", "sizeLimit"},
}
_MAPS = ("nodeSelector.labels", "podMetadata.labels", "podMetadata.annotations")


def config_of(step: str) -> dict[str, Any]:
    environment = load(*ALL_OF_IT).config.environment
    return executor_config(environment, environment.step(step))


def unknown_fields(value: Any, place: str = "") -> list[str]:
    if isinstance(value, list):
        return [name for each in value for name in unknown_fields(each, place)]
    if not isinstance(value, dict) or place in _MAPS:
        return []
    found = [f"{place}.{name}" for name in value if name not in _AT_2_4_1[place]]
    for name, inner in value.items():
        found += unknown_fields(inner, f"{place}.{name}".strip("."))
    return found


def test_executor_config_says_all_that_is_configured() -> None:
    assert config_of("Trainer") == EXPECTED


def test_executor_config_with_a_storage_class_makes_a_volume() -> None:
    assert config_of("Evaluator")["genericEphemeralVolume"] == [
        {
            "volumeName": "tfx-scratch",
            "mountPath": "/mnt/scratch",
            "accessModes": ["ReadWriteOnce"],
            "size": "1Ti",
            "storageClassName": "fast",
        }
    ]


def test_executor_config_of_a_step_that_asks_for_nothing_is_empty() -> None:
    environment = EnvironmentConfig()
    assert executor_config(environment, environment.step("DataGate")) == {}


@pytest.mark.parametrize("step", ["Trainer", "Evaluator"])
def test_executor_config_uses_only_fields_that_the_oldest_back_end_knows(step: str) -> None:
    assert unknown_fields(config_of(step)) == []
    assert unknown_fields({"pvcMount": [{"pvcNameParameter": {}}]}) == ["pvcMount.pvcNameParameter"]


@pytest.mark.parametrize("step", ["Trainer", "Evaluator"])
def test_executor_config_is_a_message_of_the_newest_kfp_kubernetes(step: str) -> None:
    found = pytest.importorskip("kfp.kubernetes.kubernetes_executor_config_pb2")
    from google.protobuf import json_format

    if "tolerations" not in found.KubernetesExecutorConfig.DESCRIPTOR.fields_by_name:
        pytest.skip("kfp-kubernetes 1.0.0 knows less than 2.4.1")
    message = found.KubernetesExecutorConfig()
    json_format.ParseDict(config_of(step), message)
    assert message.pvc_mount[0].constant == "pipeline-artifacts"
    assert message.secret_as_env[0].key_to_env[0].env_var == "TFX_METADATA_PASSWORD"
