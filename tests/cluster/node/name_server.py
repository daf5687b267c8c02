"""The cluster's name server: CoreDNS in a pod, labelled as network policies expect it."""

from __future__ import annotations

from typing import Any

from tests.cluster.node import places

IMAGE = "localhost/coredns:1"

_SETTINGS = """\
.:53 {
  errors
  ready
  kubernetes cluster.local in-addr.arpa {
    pods insecure
  }
  cache 5
}
"""
_LABELS = {"k8s-app": "kube-dns"}
_PLACE = {"name": "dns", "namespace": "kube-system"}


def resources() -> list[dict[str, Any]]:
    """Return what the name server is made of, and its rights."""
    ports = [
        {"name": kind.lower(), "port": 53, "targetPort": 53, "protocol": kind}
        for kind in ("UDP", "TCP")
    ]
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _PLACE},
        *_rights(),
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _PLACE,
            "data": {"Corefile": _SETTINGS},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": _PLACE,
            "spec": {"clusterIP": places.DNS_IP, "selector": _LABELS, "ports": ports},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": _PLACE,
            "spec": {
                "selector": {"matchLabels": _LABELS},
                "template": {"metadata": {"labels": _LABELS}, "spec": _pod()},
            },
        },
    ]


def _rights() -> list[dict[str, Any]]:
    read = {"verbs": ["list", "watch"]}
    named = {"metadata": {"name": "dns"}}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "dns"}
    rules = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], **read},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], **read},
    ]
    version = "rbac.authorization.k8s.io/v1"
    return [
        {"apiVersion": version, "kind": "ClusterRole", **named, "rules": rules},
        {
            "apiVersion": version,
            "kind": "ClusterRoleBinding",
            **named,
            "roleRef": role,
            "subjects": [{"kind": "ServiceAccount", **_PLACE}],
        },
    ]


def _pod() -> dict[str, Any]:
    return {
        "serviceAccountName": "dns",
        "tolerations": [{"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}],
        "dnsPolicy": "Default",
        "containers": [
            {
                "name": "dns",
                "image": IMAGE,
                "args": ["-conf", "/etc/coredns/Corefile"],
                "readinessProbe": {
                    "httpGet": {"path": "/ready", "port": 8181},
                    "periodSeconds": 1,
                },
                "volumeMounts": [{"name": "settings", "mountPath": "/etc/coredns"}],
            }
        ],
        "volumes": [{"name": "settings", "configMap": {"name": "dns"}}],
    }
