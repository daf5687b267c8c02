"""What only Kubernetes knows of a step: its `KubernetesExecutorConfig`, as a mapping.

Written by hand, in the names that back ends from 2.4.1 to 2.17 read alike: `secretName`,
`constant`, `configMapName` and the like, which `kubernetes_platform/proto/
kubernetes_executor_config.proto` calls deprecated since 2.5 and every driver still reads
(`extendPodSpecPatch`). kfp-kubernetes writes the newer names beside them, and then 2.4.1 drops all
labels and annotations: its compiler reads them strictly (`addContainerExecutorTemplate`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx_pipeline.config.sections.environment import EnvironmentConfig
from tfx_pipeline.config.sections.kubernetes import (
    EphemeralStorageConfig,
    NodeAffinityConfig,
    TolerationConfig,
)
from tfx_pipeline.config.sections.orchestrators import StepConfig

SCRATCH = "tfx-scratch"
"""Name of the volume for temporary files."""


def platform_spec(executors: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Give the second document of a compiled pipeline, from the configuration by executor."""
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": {**executors}}}}}


def executor_config(environment: EnvironmentConfig, step: StepConfig) -> dict[str, Any]:
    """Give what a pod of this step gets; what nobody asked for is absent."""
    metadata = {
        "labels": dict(sorted(environment.job.labels.items())),
        "annotations": dict(sorted(step.annotations.items())),
    }
    config: dict[str, Any] = {
        "imagePullPolicy": step.image_pull_policy,
        "imagePullSecret": [{"secretName": name} for name in environment.image_pull_secrets],
        "nodeSelector": step.node_selector and {"labels": dict(sorted(step.node_selector.items()))},
        "nodeAffinity": [_affinity(term) for term in step.node_affinity],
        "tolerations": [_toleration(each) for each in step.tolerations],
        "podMetadata": _said(metadata),
        "pvcMount": [{"constant": x.claim, "mountPath": x.mount_path} for x in environment.volumes],
        **_values(environment),
        **_scratch(step.ephemeral_storage),
    }
    return _said(config)


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _values(environment: EnvironmentConfig) -> dict[str, Any]:
    """Give secrets and ConfigMaps, as variables and as files."""
    return {
        "secretAsEnv": [
            {"secretName": x.name, "keyToEnv": [{"secretKey": x.key, "envVar": x.env}]}
            for x in environment.secrets
            if x.env
        ],
        "secretAsVolume": [
            {"secretName": x.name, "mountPath": x.mount_path}
            for x in environment.secrets
            if x.mount_path
        ],
        "configMapAsEnv": [
            {"configMapName": x.name, "keyToEnv": [{"configMapKey": x.key, "envVar": x.env}]}
            for x in environment.config_maps
        ],
    }


def _toleration(toleration: TolerationConfig) -> dict[str, Any]:
    seconds = toleration.toleration_seconds
    return _said(
        {
            "key": toleration.key,
            "operator": toleration.operator,
            "value": toleration.value,
            "effect": toleration.effect,
            "tolerationSeconds": None if seconds is None else str(seconds),
        }
    )


def _affinity(term: NodeAffinityConfig) -> dict[str, Any]:
    expressions = [
        _said({"key": x.key, "operator": x.operator, "values": [*x.values]})
        for x in term.match_expressions
    ]
    return _said({"matchExpressions": expressions, "weight": term.weight})


def _scratch(storage: EphemeralStorageConfig | None) -> dict[str, Any]:
    if storage is None:
        return {}
    volume: dict[str, Any] = {"volumeName": SCRATCH, "mountPath": storage.mount_path}
    if storage.storage_class is None:
        return {"emptyDirMounts": [{**volume, "sizeLimit": storage.size}]}
    made = {"accessModes": ["ReadWriteOnce"], "size": storage.size}
    return {
        "genericEphemeralVolume": [{**volume, **made, "storageClassName": storage.storage_class}]
    }
