"""Kubeflow's own manifests, of the version at hand, fitted to what is here.

From `manifests/kustomize` of its checkout: `base/installs/generic`, the CRDs, and Argo's controller
for one namespace with Kubeflow's patches (`third-party/argo`). Left out are the parts that no run
needs: user interface, viewers, visualization, the cache of version 1, metadata-writer. Database,
object store and ML Metadata are processes of this machine behind Services of upstream's names.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.kubeflow.versions import Version
from tests.cluster.node.kubectl import built
from tests.cluster.node.settings import service

NAMESPACE = "kubeflow"
DEPLOYMENTS = (
    "ml-pipeline",
    "workflow-controller",
    "ml-pipeline-persistenceagent",
    "ml-pipeline-scheduledworkflow",
)
SERVERS = {  # Services before processes, with their port
    "mysql": 3306,
    "minio-service": 9000,
    "seaweedfs": 9000,
    "metadata-grpc-service": 8080,
}

# Argo's own pause of 10 s between two looks at a workflow is for clusters with thousands of them.
_REQUEUE = {"name": "DEFAULT_REQUEUE_TIME", "value": "1s"}


def definitions(version: Version) -> list[dict[str, Any]]:
    """Return the kinds of objects that Kubeflow and Argo add to the API."""
    source, argo = version.manifests, _argo(version)
    folders = [source / "base/pipeline/cluster-scoped", argo / "base/crds/minimal"]
    folders += [folder for folder in (source / "base/crds",) if folder.is_dir()]
    return [one for folder in folders for one in built(folder)]


def install(version: Version) -> list[dict[str, Any]]:
    """Return all other objects."""
    objects = built(version.manifests / "base/installs/generic") + built(_controller(version))
    kept = [_fitted(one) for one in objects if _is_needed(one)]
    accesses = {"accesskey": "minio", "secretkey": "minio123"}
    metadata = {"name": "mlpipeline-minio-artifact", "namespace": NAMESPACE}
    kept.append(
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": accesses}
    )
    # Where ML Metadata is: launchers of 2.4.1 know no other place.
    place = version.manifests / "base/metadata/base/metadata-grpc-configmap.yaml"
    config_map = yaml.safe_load(place.read_text(encoding="utf-8"))
    config_map["metadata"]["namespace"] = NAMESPACE
    kept.append(config_map)
    for name, port in SERVERS.items():
        kept += service(name, NAMESPACE, port)
    return kept


def containers(objects: list[dict[str, Any]], deployment: str) -> list[dict[str, Any]]:
    """Return the containers of a Deployment."""
    for one in objects:
        if (one["kind"], one["metadata"]["name"]) == ("Deployment", deployment):
            return list(one["spec"]["template"]["spec"]["containers"])
    raise LookupError(f"the manifests have no Deployment {deployment}")


def images(version: Version, objects: list[dict[str, Any]]) -> dict[str, str]:
    """Return the image that the manifests name for each program."""
    (server,) = containers(objects, "ml-pipeline")
    (controller,) = containers(objects, "workflow-controller")
    said = {one["name"]: one.get("value", "") for one in server["env"]}
    tag = server["image"].rsplit(":", 1)[1]
    words = controller["args"]
    return {
        "apiserver": server["image"],
        "driver": said.get("V2_DRIVER_IMAGE") or f"ghcr.io/kubeflow/kfp-driver:{tag}",
        "launcher-v2": said.get("V2_LAUNCHER_IMAGE") or f"ghcr.io/kubeflow/kfp-launcher:{tag}",
        "persistence_agent": containers(objects, DEPLOYMENTS[2])[0]["image"],
        "controller": containers(objects, DEPLOYMENTS[3])[0]["image"],
        "argoexec": words[words.index("--executor-image") + 1],
        "workflow-controller": controller["image"],
    }


def _argo(version: Version) -> Path:
    """Return Argo's manifests: Kubeflow's copy where it has one, else those of Argo's module."""
    copy = version.manifests / "third-party/argo/upstream/manifests"
    return copy if copy.is_dir() else version.folder / "argo" / "manifests"


def _controller(version: Version) -> Path:
    """Write a kustomization of Argo's controller as Kubeflow patches it.

    Kubeflow's own one names Argo's manifests by an address of the internet.
    """
    folder = version.state / "argo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ours = version.manifests / "third-party/argo"
    for patch in ("workflow-controller-deployment-patch", "workflow-controller-configmap-patch"):
        text = (ours / "base" / f"{patch}.yaml").read_text(encoding="utf-8")
        # What the kustomizations below env/ fill in.
        text = text.replace("$(kfp-namespace)", NAMESPACE)
        text = text.replace("$(kfp-artifact-bucket-name)", "mlpipeline")
        (folder / f"{patch}.yaml").write_text(text, encoding="utf-8")
    shutil.copy(ours / "installs/namespace/workflow-controller-deployment-patch.json", folder)
    below = Path("/".join([".."] * len(folder.parts[1:])) + str(_argo(version)))
    target = "{group: apps, version: v1, kind: Deployment, name: workflow-controller}"
    (folder / "kustomization.yaml").write_text(
        f"namespace: {NAMESPACE}\n"
        "resources:\n"
        f"- {below}/base/workflow-controller\n"
        f"- {below}/namespace-install/workflow-controller-rbac\n"
        "patches:\n"
        "- path: workflow-controller-deployment-patch.yaml\n"
        "- path: workflow-controller-configmap-patch.yaml\n"
        f"- {{path: workflow-controller-deployment-patch.json, target: {target}}}\n",
        encoding="utf-8",
    )
    return folder


def _is_needed(one: dict[str, Any]) -> bool:
    return one["kind"] != "Deployment" or one["metadata"]["name"] in DEPLOYMENTS


def _fitted(one: dict[str, Any]) -> dict[str, Any]:
    """Return an object without what takes images of others, and with a shorter pause of Argo's."""
    if one["kind"] == "Deployment":
        spec = one["spec"]["template"]["spec"]
        spec.pop("initContainers", None)  # they wait for the servers, with an image of others
        if one["metadata"]["name"] == "workflow-controller":
            (controller,) = spec["containers"]
            controller["env"] = [*controller.get("env", []), _REQUEUE]
    return one
