"""Bringing Kubernetes up and taking it down: etcd, its own programs, containerd.

One node, in a network namespace of its own: nothing in it reaches, or is reached from, elsewhere.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from tests.cluster.node import images, name_server, places, settings
from tests.cluster.node.keys import make_keys
from tests.cluster.node.kubectl import applied, kubectl, tried
from tests.cluster.node.processes import inside, is_started, start, stop, told, wait_for
from tests.cluster.node.programs import check_tools


def up() -> float:
    """Start the cluster, or nothing where it runs; return the seconds until it was ready."""
    if is_started():
        return 0.0
    began = time.monotonic()
    check_tools()
    _make_network()
    make_keys()
    settings.write()
    _start_control_plane()
    _start_node()
    wait_for("an account for pods", _has_account, within_s=60)
    applied(name_server.resources())
    kubectl("--namespace=kube-system", "rollout", "status", "deployment/dns", "--timeout=90s")
    return time.monotonic() - began


def down(*, everything: bool = False) -> None:
    """End the cluster and all its containers.

    Args:
        everything: forget its state as well: objects, images, volumes, logs; programs stay.
    """
    first = ("kubelet", "kube-proxy", "kube-router", "kube-scheduler")
    stop(names=(*first, "kube-controller-manager"))
    _end_containers()
    stop()
    for mounted in _mounts():
        told(["umount", "--lazy", mounted], check=False)
        if mounted.startswith("/run/netns/"):
            Path(mounted).unlink(missing_ok=True)
    # They outlive containerd, each with a container that would not end.
    told(["pkill", "-f", f"containerd-shim.* -address {places.SOCKET}"], check=False)
    told(["ip", "netns", "del", places.NETWORK], check=False)
    if everything:
        shutil.rmtree(places.state(), ignore_errors=True)
        shutil.rmtree(places.CONTAINERD, ignore_errors=True)


def is_up() -> bool:
    """Tell whether the cluster runs."""
    return is_started()


def _make_network() -> None:
    told(["ip", "netns", "add", places.NETWORK], check=False)
    for line in (
        "ip link set lo up",
        "ip link add node0 type veth peer name node0p",  # an interface for the node's address
        "ip link set node0p up",
        f"ip addr replace {places.NODE_IP}/24 dev node0",
        "ip link set node0 up",
        "ip route replace default dev node0",
        "sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1",
    ):
        told(inside(line.split()), check=False)


def _start_control_plane() -> None:
    bin_, keys, state = places.programs(), places.keys(), places.state()
    admin = f"--kubeconfig={places.kubeconfig()}"
    etcd = "http://127.0.0.1:2379"
    start(
        "etcd",
        "etcd",
        f"--data-dir={state}/etcd",
        f"--listen-client-urls={etcd}",
        "--unsafe-no-fsync",
        f"--advertise-client-urls={etcd}",
        "--listen-peer-urls=http://127.0.0.1:2380",
    )
    start("kube-apiserver", str(bin_ / "kube-apiserver"), *settings.api_server(etcd))
    wait_for("the API server", _api_is_ready, within_s=120)
    account = f"--service-account-private-key-file={keys}/accounts.key"
    start(
        "kube-controller-manager",
        str(bin_ / "kube-controller-manager"),
        admin,
        account,
        f"--root-ca-file={keys}/ca.crt",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--allocate-node-cidrs=true",
        f"--cluster-cidr={places.ALL_PODS}",
    )
    start("kube-scheduler", str(bin_ / "kube-scheduler"), admin, "--leader-elect=false")


def _start_node() -> None:
    bin_, run, state = places.programs(), places.running(), places.state()
    admin = f"--kubeconfig={places.kubeconfig()}"
    start("containerd", "containerd", f"--config={run}/containerd.toml")
    wait_for("containerd", _containerd_answers, within_s=60)
    for program, name in (("pause", images.PAUSE), ("coredns", name_server.IMAGE)):
        if not images.is_there(name):
            images.put_program(bin_ / program, name)
    start(
        "kubelet",
        str(bin_ / "kubelet"),
        f"--config={run}/kubelet.yaml",
        f"--root-dir={state}/kubelet",
        f"--kubeconfig={places.keys()}/kubelet.kubeconfig",
        f"--cert-dir={state}/kubelet-pki",
        f"--hostname-override={places.NODE}",
        f"--node-ip={places.NODE_IP}",
    )
    start("kube-proxy", str(bin_ / "kube-proxy"), f"--config={run}/proxy.yaml")
    ready = ("wait", "--for=condition=Ready", f"node/{places.NODE}", "--timeout=1s")
    wait_for("the node", lambda: tried(*ready).returncode == 0, within_s=120)
    kubectl("uncordon", places.NODE)  # a test that was cut off may have left it drained
    start(
        "kube-router",
        str(bin_ / "kube-router"),
        admin,
        f"--hostname-override={places.NODE}",
        "--v=1",
        "--run-router=false",
        "--run-service-proxy=false",
        "--run-firewall=true",
        f"--service-cluster-ip-range={places.SERVICES}",
        "--health-port=20244",
    )


def _api_is_ready() -> bool:
    return tried("get", "--raw=/readyz").returncode == 0


def _has_account() -> bool:
    return tried("get", "serviceaccount", "default").returncode == 0


def _containerd_answers() -> bool:
    """Tell whether all of it runs: its part for the kubelet comes last, and the kubelet once."""
    log = (places.logs() / "containerd.log").read_text(encoding="utf-8", errors="replace")
    booted = "containerd successfully booted" in log
    return booted and told(images.ctr("version"), check=False).returncode == 0


def _end_containers() -> None:
    for _ in range(3):
        listed = told(images.ctr("containers", "ls", "-q"), check=False).stdout.split()
        if not listed:
            return
        for name in listed:
            told(images.ctr("tasks", "rm", "--force", name), check=False)
            told(images.ctr("containers", "rm", name), check=False)


def _mounts() -> list[str]:
    """Return what is still mounted for the cluster's pods, the innermost first."""
    above = (str(places.state()), str(places.CONTAINERD), "/run/netns/cni-")
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    found = [line.split()[1] for line in lines]
    return sorted((place for place in found if place.startswith(above)), reverse=True)
