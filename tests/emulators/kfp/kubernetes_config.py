"""What the driver makes of a platform spec: driver/k8s.go at 2.17, driver/driver.go at 2.4.1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.emulators.kfp.refusals import NotKnown, Refused
from tests.emulators.kfp.versions import Version

_QUANTITY = re.compile(r"([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)")
_NO_PATH = {
    "2.4.1": "failed to make podSpecPatch: volume mount: volume mount path not provided",
    "2.17": "failed to mount volume, missing mountpath or pvc name",
}
_POLICIES = ("Always", "Never", "IfNotPresent")


def quantity(text: str) -> str:
    """Refuse what resource.ParseQuantity does."""
    if not _QUANTITY.fullmatch(text):
        raise Refused("driver", "quantities must match the regular expression")
    return text


def extend_pod(pod: dict[str, Any], config: Mapping[str, Any], version: Version) -> None:
    """Do extendPodSpecPatch. `podMetadata` is the compiler's; `podAffinity` nobody reads."""
    if later := {"securityContext", "enabledSharedMemory"} & set(config):
        raise NotKnown(str(later))
    main = pod["containers"][0]
    _policy(main, config)
    if selector := config.get("nodeSelector"):
        pod["nodeSelector"] = selector["labels"]
    if tolerations := config.get("tolerations"):
        pod["tolerations"] = [dict(each) for each in tolerations]
    _volumes(pod, config, version)
    _variables(main, config, version)
    if secrets := config.get("imagePullSecret"):
        pod["imagePullSecrets"] = [{"name": each["secretName"]} for each in secrets]
    if int(config.get("activeDeadlineSeconds", 0)) > 0:
        pod["activeDeadlineSeconds"] = int(config["activeDeadlineSeconds"])
    if version.affinity:
        _affinity(pod, config)


def _policy(main: dict[str, Any], config: Mapping[str, Any]) -> None:
    if policy := config.get("imagePullPolicy"):
        if policy not in _POLICIES:
            raise Refused(
                "driver", f"unsupported value: {policy}. ImagePullPolicy should be one of"
            )
        main["imagePullPolicy"] = policy


def _volumes(pod: dict[str, Any], config: Mapping[str, Any], version: Version) -> None:
    """Add claims, secrets, config maps, ephemeral volumes and empty folders, in this order.

    A volume has the name of what it holds: nothing keeps two from having one name.
    """
    pod["volumes"] = []
    mounts = pod["containers"][0]["volumeMounts"] = []

    def add(name: str, mount: Mapping[str, Any], source: dict[str, Any]) -> None:
        inside = {"subPath": mount["subPath"]} if mount.get("subPath") else {}
        mounts.append({"name": name, "mountPath": mount.get("mountPath", ""), **inside})
        pod["volumes"].append({"name": name, **source})

    for each in config.get("pvcMount", ()):
        claim = _claim(each, version)
        add(claim, each, {"persistentVolumeClaim": {"claimName": claim}})
    for each in config.get("secretAsVolume", ()):
        name, optional = each["secretName"], each.get("optional", False)
        add(name, each, {"secret": {"secretName": name, "optional": optional}})
    for each in config.get("configMapAsVolume", ()):
        name, optional = each["configMapName"], each.get("optional", False)
        add(name, each, {"configMap": {"name": name, "optional": optional}})
    for each in config.get("genericEphemeralVolume", ()):
        add(each["volumeName"], each, {"ephemeral": {"volumeClaimTemplate": _claim_of(each)}})
    for each in config.get("emptyDirMounts", ()):
        parts = {"medium": each.get("medium"), "sizeLimit": each.get("sizeLimit")}
        empty = {name: part for name, part in parts.items() if part}
        if "sizeLimit" in empty:
            quantity(empty["sizeLimit"])
        add(each["volumeName"], each, {"emptyDir": empty})


def _claim(mount: Mapping[str, Any], version: Version) -> str:
    """Give a claim's name (makeVolumeMountPatch)."""
    name = mount.get("constant", "")
    if "pvcNameParameter" in mount:
        name = mount["pvcNameParameter"]["runtimeValue"]["constant"]
    if not name:
        raise Refused(
            "driver", "failed to make podSpecPatch: volume mount: volume name not provided"
        )
    if not mount.get("mountPath"):
        raise Refused("driver", _NO_PATH[version.name])
    return str(name)


def _claim_of(volume: Mapping[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "accessModes": list(volume.get("accessModes", ())),
        "resources": {"requests": {"storage": quantity(volume["size"])}},
    }
    if not volume.get("defaultStorageClass"):
        spec["storageClassName"] = volume.get("storageClassName", "")
    return {"metadata": dict(volume.get("metadata", {})), "spec": spec}


def _variables(main: dict[str, Any], config: Mapping[str, Any], version: Version) -> None:
    for each in config.get("secretAsEnv", ()):
        if version.constants_are_filled and not each.get("secretName"):
            raise Refused("driver", "missing either SecretName or SecretNameParameter")
        for pair in each["keyToEnv"]:
            key = {"key": pair["secretKey"], "name": each.get("secretName", "")}
            _variable(main, pair["envVar"], "secretKeyRef", _optional(key, each, version))
    for each in config.get("configMapAsEnv", ()):
        for pair in each["keyToEnv"]:
            key = {"key": pair["configMapKey"], "name": each["configMapName"]}
            _variable(main, pair["envVar"], "configMapKeyRef", _optional(key, each, version))
    for each in config.get("fieldPathAsEnv", ()):
        _variable(main, each["name"], "fieldRef", {"fieldPath": each["fieldPath"]})


def _optional(key: dict[str, Any], holder: Mapping[str, Any], version: Version) -> dict[str, Any]:
    """2.4.1 knows no `optional` here."""
    said = version.constants_are_filled and "optional" in holder
    return {**key, **({"optional": holder["optional"]} if said else {})}


def _variable(main: dict[str, Any], name: str, kind: str, source: dict[str, Any]) -> None:
    shown = {key: value for key, value in source.items() if value != ""}
    main["env"].append({"name": name, "valueFrom": {kind: shown}})


def _affinity(pod: dict[str, Any], config: Mapping[str, Any]) -> None:
    required, preferred = [], []
    for term in config.get("nodeAffinity", ()):
        if "nodeAffinityJson" in term:
            raise NotKnown("nodeAffinityJson")
        said = {key: term[key] for key in ("matchExpressions", "matchFields") if term.get(key)}
        if said and "weight" in term:
            preferred.append({"weight": term["weight"], "preference": said})
        elif said:
            required.append(said)
    found: dict[str, Any] = {}
    if required:
        found["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": required}
    if preferred:
        found["preferredDuringSchedulingIgnoredDuringExecution"] = preferred
    if found:
        pod["affinity"] = {"nodeAffinity": found}
