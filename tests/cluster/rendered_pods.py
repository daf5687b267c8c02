"""Pods as Kubeflow's driver makes them of what we render, for the API server to look at.

Of `backend/src/v2/driver`: the container of the executor by `initPodSpecPatch` (driver.go), what
the platform spec adds by `extendPodSpecPatch` (k8s.go). Argo adds its own containers to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml


def pods(file: Path, *, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield the pod of each task of a compiled pipeline."""
    spec, platform = yaml.safe_load_all(file.read_text(encoding="utf-8"))
    configs = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    for label, executor in spec["deploymentSpec"]["executors"].items():
        config = configs.get(label, {})
        described = config.get("podMetadata", {})
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": label.removeprefix("exec-"),
                "namespace": namespace,
                "labels": described.get("labels", {}),
                "annotations": described.get("annotations", {}),
            },
            "spec": _pod(executor["container"], config),
        }


def _pod(container: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "nodeSelector": config.get("nodeSelector", {}).get("labels", {}),
        "tolerations": config.get("tolerations", []),
        "imagePullSecrets": [
            {"name": one["secretName"]} for one in config.get("imagePullSecret", ())
        ],
        "volumes": [],
    }
    if affinity := _affinity(config.get("nodeAffinity", [])):
        spec["affinity"] = {"nodeAffinity": affinity}
    main = {
        "name": "main",
        "image": container["image"],
        "command": [*container["command"], *container["args"]],
        "env": [*container.get("env", []), *_environment(config)],
        "resources": _resources(container.get("resources", {})),
        "volumeMounts": [],
    }
    if policy := config.get("imagePullPolicy"):
        main["imagePullPolicy"] = policy
    for name, place, source in _volumes(config):
        main["volumeMounts"].append({"name": name, "mountPath": place})
        spec["volumes"].append({"name": name, **source})
    spec["containers"] = [main]
    return spec


def _environment(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for secret in config.get("secretAsEnv", ()):
        for pair in secret["keyToEnv"]:
            source = {"name": secret["secretName"], "key": pair["secretKey"]}
            yield {"name": pair["envVar"], "valueFrom": {"secretKeyRef": source}}
    for named in config.get("configMapAsEnv", ()):
        for pair in named["keyToEnv"]:
            source = {"name": named["configMapName"], "key": pair["configMapKey"]}
            yield {"name": pair["envVar"], "valueFrom": {"configMapKeyRef": source}}


def _volumes(config: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield name, place and source of each volume: the driver names it after what it holds."""
    for claim in config.get("pvcMount", ()):
        name = claim.get("constant") or claim["pvcNameParameter"]["runtimeValue"]["constant"]
        yield name, claim["mountPath"], {"persistentVolumeClaim": {"claimName": name}}
    for secret in config.get("secretAsVolume", ()):
        name = secret["secretName"]
        yield name, secret["mountPath"], {"secret": {"secretName": name}}
    for directory in config.get("emptyDirMounts", ()):
        limit = {"sizeLimit": directory["sizeLimit"]} if "sizeLimit" in directory else {}
        yield directory["volumeName"], directory["mountPath"], {"emptyDir": limit}
    for claim in config.get("genericEphemeralVolume", ()):
        spec = {
            "accessModes": claim["accessModes"],
            "storageClassName": claim["storageClassName"],
            "resources": {"requests": {"storage": claim["size"]}},
        }
        yield (
            claim["volumeName"],
            claim["mountPath"],
            {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}},
        )


def _resources(said: dict[str, Any]) -> dict[str, Any]:
    """Return requests and limits, from the texts of newer specs or the numbers of older ones."""
    found: dict[str, dict[str, str]] = {"requests": {}, "limits": {}}
    for kind, word in (("requests", "Request"), ("limits", "Limit")):
        for name, unit in (("cpu", ""), ("memory", "G")):
            text = said.get(f"resource{name.capitalize()}{word}")
            number = said.get(f"{name}{word}")
            if text or number:
                found[kind][name] = text or f"{number}{unit}"
    accelerator = said.get("accelerator", {})
    if count := accelerator.get("resourceCount") or accelerator.get("count"):
        kind = accelerator.get("resourceType") or accelerator.get("type")
        found["limits"][str(kind)] = str(count)
    return found


def _affinity(terms: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the affinity to nodes: terms with a weight are preferred, others required."""
    required, preferred = [], []
    for term in terms:
        found = {name: term[name] for name in ("matchExpressions", "matchFields") if name in term}
        if "weight" in term:
            preferred.append({"weight": term["weight"], "preference": found})
        else:
            required.append(found)
    made: dict[str, Any] = {}
    if required:
        terms_of = {"nodeSelectorTerms": required}
        made["requiredDuringSchedulingIgnoredDuringExecution"] = terms_of
    if preferred:
        made["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    return made
