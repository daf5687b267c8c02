"""The programs of Kubernetes, built from Go's modules once a machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.cluster.node import places
from tests.cluster.node.processes import ClusterError, told

KUBERNETES = "v1.34.4"
COREDNS = "v1.12.1"
KUBE_ROUTER = "v2.1.0"  # enforces NetworkPolicies; the bridge plugin knows none

_KUBERNETES = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
)
_MODULES = {
    "coredns": f"github.com/coredns/coredns@{COREDNS}",
    "kube-router": f"github.com/cloudnativelabs/kube-router/v2/cmd/kube-router@{KUBE_ROUTER}",
}
_ALL = (*_KUBERNETES, *_MODULES, "pause")
_TOOLS = {  # commands, and Debian's packages of them
    "buildah": "buildah",
    "conntrack": "conntrack",
    "containerd": "containerd",
    "etcd": "etcd-server",
    "gcc": "gcc",
    "go": "golang",
    "ip": "iproute2",
    "ipset": "ipset",
    "iptables": "iptables",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
}


def missing() -> list[str]:
    """Return the programs that are not built yet."""
    return [name for name in _ALL if not (places.programs() / name).is_file()]


def check_tools() -> None:
    """Check that this machine has the commands that the cluster is made with.

    Raises:
        ClusterError: one is missing, or this user is not root.
    """
    absent = [package for command, package in _TOOLS.items() if not shutil.which(command)]
    if absent:
        raise ClusterError(f"missing here: {', '.join(absent)}. apt-get install {' '.join(absent)}")
    if os.geteuid():
        raise ClusterError("network namespaces and containers take root: run it as root")


def build() -> None:
    """Build the programs that are missing; seconds where all are there."""
    check_tools()
    places.programs().mkdir(parents=True, exist_ok=True)
    absent = missing()
    if any(name in _KUBERNETES for name in absent):
        print("cluster: building Kubernetes takes 10 to 15 minutes on 2 cores, once", flush=True)
        _make_module()
    for name in absent:
        began = time.monotonic()
        _build(name)
        print(f"cluster: built {name} in {time.monotonic() - began:.0f} s", flush=True)


def _build(name: str) -> None:
    place = places.programs() / name
    if name in _KUBERNETES:
        minor = KUBERNETES.split(".")[1]
        version = "k8s.io/component-base/version"
        stamped = f"-X {version}.gitVersion={KUBERNETES} -X {version}.gitMajor=1"
        flags = f"-s -w {stamped} -X {version}.gitMinor={minor}"
        words = ["-trimpath", "-ldflags", flags, "-o", str(place)]
        go(["build", *words, f"k8s.io/kubernetes/cmd/{name}"], folder=_module())
    elif name in _MODULES:
        # Static, since CoreDNS runs in an image of nothing else.
        static = {"CGO_ENABLED": "0", "GOBIN": str(place.parent)}
        go(["install", "-trimpath", "-ldflags", "-s -w", _MODULES[name]], **static)
    else:
        source = module_folder("k8s.io/kubernetes", KUBERNETES) / "build/pause/linux/pause.c"
        told(["gcc", "-Os", "-static", "-Wall", "-o", str(place), str(source)])


def _module() -> Path:
    return places.home() / "src"


def _make_module() -> None:
    """Write a module from which Kubernetes' programs build.

    Its own names the modules of its staging area by their folders, which holds in its tree alone:
    here they are replaced by the published ones of the same version.
    """
    folder = _module()
    if (folder / "go.sum").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    its_own = module_folder("k8s.io/kubernetes", KUBERNETES) / "go.mod"
    lines = its_own.read_text(encoding="utf-8").splitlines()
    staging = [line.split()[0] for line in lines if "=> ./staging/" in line]
    published = KUBERNETES.replace("v1.", "v0.", 1)
    made = ["module cluster", *(line for line in lines if line.startswith(("go ", "godebug ")))]
    made += [f"require k8s.io/kubernetes {KUBERNETES}", "replace ("]
    made += [f"\t{name} => {name} {published}" for name in staging if name.startswith("k8s.io/")]
    (folder / "go.mod").write_text("\n".join([*made, ")", ""]), encoding="utf-8")
    imports = [f'\t_ "k8s.io/kubernetes/cmd/{name}"' for name in _KUBERNETES]
    tools = ["//go:build tools", "", "package tools", "", "import (", *imports, ")", ""]
    (folder / "tools.go").write_text("\n".join(tools), encoding="utf-8")
    go(["mod", "tidy"], folder=folder)


def module_folder(module: str, version: str) -> Path:
    """Download a module as the module proxy has it, and return its folder.

    Raises:
        ClusterError: the proxy has no such version.
    """
    done = go(["mod", "download", "-json", f"{module}@{version}"], folder=Path("/"))
    return Path(json.loads(done.stdout)["Dir"])


def go(
    words: list[str], *, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the go command.

    Raises:
        ClusterError: it failed, with its last lines.
    """
    done = subprocess.run(
        ["go", *words],
        cwd=folder or Path("/"),
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr[-3000:].strip() or done.stdout[-1000:].strip()
        raise ClusterError(f"go {' '.join(words)} ended with {done.returncode}: {said}")
    return done
