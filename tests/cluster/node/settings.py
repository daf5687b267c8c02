"""What the programs of the node are told: files, and the API server's arguments."""

from __future__ import annotations

import json
from typing import Any

from tests.cluster.node import places
from tests.cluster.node.images import PAUSE


def write() -> None:
    """Write the configuration files of a start."""
    run = places.running()
    (run / "cni").mkdir(parents=True, exist_ok=True)
    (run / "resolv.conf").write_text("nameserver 127.0.0.1\n", encoding="utf-8")
    (run / "containerd.toml").write_text(_containerd(), encoding="utf-8")
    (run / "cni" / "10-pods.conflist").write_text(json.dumps(_pod_network()), encoding="utf-8")
    (run / "kubelet.yaml").write_text(json.dumps(_kubelet()), encoding="utf-8")
    (run / "proxy.yaml").write_text(json.dumps(_proxy()), encoding="utf-8")


def api_server(etcd: str) -> list[str]:
    """Return the API server's arguments."""
    keys = places.keys()
    return [
        f"--etcd-servers={etcd}",
        "--bind-address=0.0.0.0",
        f"--advertise-address={places.NODE_IP}",
        "--secure-port=6443",
        f"--tls-cert-file={keys}/api.crt",
        f"--tls-private-key-file={keys}/api.key",
        f"--token-auth-file={keys}/tokens.csv",
        "--authorization-mode=Node,RBAC",
        f"--service-cluster-ip-range={places.SERVICES}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={keys}/accounts.key",
        f"--service-account-key-file={keys}/accounts.pub",
        "--allow-privileged=true",
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={keys}/kubelet-client.crt",
        f"--kubelet-client-key={keys}/kubelet-client.key",
        "--enable-admission-plugins=NodeRestriction,PodSecurity",
        # Debian's etcd 3.4 cannot report progress: clients that list by a watch would wait for it
        # up to a minute, and see every change that late.
        "--feature-gates=WatchList=false",
    ]


def service(name: str, namespace: str, port: int) -> list[dict[str, Any]]:
    """Return a Service before a process in the cluster's network namespace."""
    metadata = {"name": name, "namespace": namespace}
    labels = {"kubernetes.io/service-name": name}
    ports = [{"name": "server", "port": port}]
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {"name": f"{name}-1", "namespace": namespace, "labels": labels},
            "addressType": "IPv4",
            "ports": ports,
            "endpoints": [{"addresses": [places.NODE_IP]}],
        },
    ]


def _containerd() -> str:
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""\
version = 2
root = "{places.state()}/containerd"
state = "{places.CONTAINERD}"
[grpc]
  address = "{places.SOCKET}"
[{cri}]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  disable_hugetlb_controller = true
  [{cri}.cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{places.running()}/cni"
  [{cri}.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""


def _pod_network() -> dict[str, Any]:
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": places.PODS}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "pods0", "isGateway": True, "hairpinMode": True}
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    plugins = [bridge | {"ipMasq": False, "ipam": addresses}, ports]
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": plugins}


def _kubelet() -> dict[str, Any]:
    certificates = {"clientCAFile": f"{places.keys()}/ca.crt"}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": "0.0.0.0",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": certificates,
        },
        "authorization": {"mode": "Webhook"},
        "cgroupDriver": "cgroupfs",
        "failSwapOn": False,
        "clusterDNS": [places.DNS_IP],
        "clusterDomain": "cluster.local",
        "resolvConf": f"{places.running()}/resolv.conf",
        "containerRuntimeEndpoint": f"unix://{places.SOCKET}",
        # A full disk of this machine is not this node's to mend: it would delete images, and pods.
        "evictionHard": {
            "nodefs.available": "0%",
            "imagefs.available": "0%",
            "memory.available": "200Mi",
        },
        "imageGCHighThresholdPercent": 100,
        "podLogsDir": f"{places.logs()}/pods",
        "oomScoreAdj": 0,
    }


def _proxy() -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clientConnection": {"kubeconfig": str(places.kubeconfig())},
        "clusterCIDR": places.ALL_PODS,
        "hostnameOverride": places.NODE,
        "oomScoreAdj": 0,
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }
