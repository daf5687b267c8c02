"""Building a kustomization in Python: as much of kustomize as `deploy` uses.

So that its manifests are checked on a machine that has neither kubectl nor kustomize; where one is
there, a test compares what both build. A field that is not known here is an error.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

Resource = dict[str, Any]

_FIELDS = {
    "apiVersion",
    "kind",
    "namespace",
    "labels",
    "resources",
    "components",
    "images",
    "configMapGenerator",
    "secretGenerator",
    "patches",
}
# Lists whose elements are told apart by one of their fields, when a patch is merged into them.
KEYS_OF_LISTS = {
    "containers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
}
_HASH_LETTERS = str.maketrans("013ae", "ghkmt")  # no word is spelt by accident


def build(folder: Path) -> list[Resource]:
    """Build the kustomization in a folder.

    Raises:
        ValueError: it holds what is not known here, or a patch finds no target.
    """
    resources, hashed = _accumulate(folder)
    renamed = {}
    for resource in resources:
        name = resource["metadata"]["name"]
        if resource["kind"] == "ConfigMap" and name in hashed:
            renamed[name] = resource["metadata"]["name"] = f"{name}-{_hash(resource)}"
    for resource in resources:
        for source in _config_map_sources(resource):
            source["name"] = renamed.get(source["name"], source["name"])
    return resources


def pod_spec(resource: Resource) -> Resource | None:
    """Return what a pod of a resource is made of, if it has pods."""
    if resource["kind"] == "Pod":
        return resource["spec"]
    has_pods = resource["kind"] in ("Deployment", "StatefulSet", "Job")
    return resource["spec"]["template"]["spec"] if has_pods else None


def containers(pod: Resource) -> list[Resource]:
    """Return the containers of a pod, those that run before the others included."""
    return [*pod.get("initContainers", ()), *pod.get("containers", ())]


def only(resources: list[Resource], kind: str, name: str) -> Resource:
    """Return the resource of a kind and name, of which there must be one."""
    (found,) = [x for x in resources if (x["kind"], x["metadata"]["name"]) == (kind, name)]
    return found


def _accumulate(folder: Path) -> tuple[list[Resource], set[str]]:
    described = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    if unknown := set(described) - _FIELDS:
        raise ValueError(f"{folder}: not known here: {sorted(unknown)}")
    resources: list[Resource] = []
    hashed: set[str] = set()
    for name in described.get("resources", []):
        if (folder / name).is_dir():
            below, hashed_below = _accumulate(folder / name)
            resources += below
            hashed |= hashed_below
        else:
            resources += yaml.safe_load_all((folder / name).read_text(encoding="utf-8"))
    for name in described.get("components", []):
        _patch(folder / name, resources)
    for generator in described.get("configMapGenerator", []):
        _generate(folder, generator, resources)
        if not generator.get("options", {}).get("disableNameSuffixHash"):
            hashed.add(generator["name"])
    for generator in described.get("secretGenerator", []):
        resources.append(_secret(folder, generator))
    for patch in described.get("patches", []):
        _apply(yaml.safe_load((folder / patch["path"]).read_text("utf-8")), patch, resources)
    for resource in resources:
        _transform(resource, described)
    return resources, hashed


def _patch(component: Path, resources: list[Resource]) -> None:
    described = yaml.safe_load((component / "kustomization.yaml").read_text(encoding="utf-8"))
    known = {"apiVersion", "kind", "images", "patches"}
    if described["kind"] != "Component" or set(described) - known:
        raise ValueError(f"{component}: not known here: {sorted(described)}")
    for patch in described["patches"]:
        _apply(yaml.safe_load((component / patch["path"]).read_text("utf-8")), patch, resources)
    for resource in resources:
        _name_images(resource, described)


def _generate(folder: Path, generator: Resource, resources: list[Resource]) -> None:
    data = {name: (folder / name).read_text(encoding="utf-8") for name in generator["files"]}
    if generator.get("behavior", "create") == "create":
        metadata = {"name": generator["name"]}
        resources.append(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        )
    else:
        _find(resources, "ConfigMap", generator["name"])["data"] |= data


def _secret(folder: Path, generator: Resource) -> Resource:
    if not generator.get("options", {}).get("disableNameSuffixHash"):
        raise ValueError(f"{folder}: a Secret whose name follows its content is not known here")
    files = {name: (folder / name).read_bytes() for name in generator["files"]}
    data = {name: base64.b64encode(content).decode() for name, content in files.items()}
    metadata = {"name": generator["name"]}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "data": data,
        "type": "Opaque",
    }


def _apply(content: Any, patch: Resource, resources: list[Resource]) -> None:
    if isinstance(content, dict):
        target = _find(resources, content["kind"], content["metadata"]["name"])
        target.update(_merged(target, content))
        return
    target = _find(resources, patch["target"]["kind"], patch["target"]["name"])
    for operation in content:
        *path, last = operation["path"].strip("/").split("/")
        place: Any = target
        for step in path:
            place = place[int(step) if isinstance(place, list) else step]
        if (operation["op"], last) == ("add", "-"):
            place.append(operation["value"])
        elif operation["op"] == "replace" and last in place:
            place[last] = operation["value"]
        else:
            raise ValueError(f"not known here: {operation}")


def _find(resources: list[Resource], kind: str, name: str) -> Resource:
    for resource in resources:
        if (resource["kind"], resource["metadata"]["name"]) == (kind, name):
            return resource
    raise ValueError(f"nothing to patch: {kind} {name}")


def _merged(base: Any, patch: Any, field: str = "") -> Any:
    if isinstance(base, dict) and isinstance(patch, dict):
        changed = {name: _merged(base.get(name), value, name) for name, value in patch.items()}
        return {**base, **changed}
    key = KEYS_OF_LISTS.get(field)
    if not isinstance(base, list) or key is None:
        return copy.deepcopy(patch)
    elements = {element[key]: element for element in base}
    for element in patch:
        if element.get("$patch") == "delete":
            del elements[element[key]]
        else:
            elements[element[key]] = _merged(elements.get(element[key]), element)
    return list(elements.values())


def _transform(resource: Resource, described: Resource) -> None:
    metadata = resource["metadata"]
    if "namespace" in described:
        metadata["namespace"] = described["namespace"]
        for subject in resource.get("subjects", []):
            subject["namespace"] = described["namespace"]
    template = resource.get("spec", {}).get("template", {}).get("metadata")
    for label in described.get("labels", []):
        metadata.setdefault("labels", {}).update(label["pairs"])
        if label.get("includeTemplates") and template is not None:
            template.setdefault("labels", {}).update(label["pairs"])
    _name_images(resource, described)


def _name_images(resource: Resource, described: Resource) -> None:
    for container in containers(pod_spec(resource) or {}):
        for image in described.get("images", []):
            if container["image"].partition(":")[0] == image["name"]:
                container["image"] = f"{image.get('newName', image['name'])}:{image['newTag']}"
                container["image"] += f"@{image['digest']}" if "digest" in image else ""


def _config_map_sources(resource: Resource) -> list[Resource]:
    return [
        source["configMap"]
        for volume in (pod_spec(resource) or {}).get("volumes", [])
        for source in volume.get("projected", {}).get("sources", [])
    ]


def _hash(config_map: Resource) -> str:
    """Compute the suffix of a ConfigMap's name, as kustomize does; it leaves the name out."""
    content = {"data": config_map["data"], "kind": "ConfigMap", "name": ""}
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10].translate(_HASH_LETTERS)
