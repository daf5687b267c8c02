"""Where the cluster keeps what it is made of, and the addresses that it has.

The addresses are of the block set apart for tests of networks (RFC 2544); they exist inside the
network namespace alone.
"""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "TFX_PIPELINE_CLUSTER"  # another folder than the one below the user's cache

NETWORK = "tfx-cluster"  # the network namespace
NODE = "one"
NODE_IP = "198.18.0.1"
SERVICES = "198.19.0.0/24"
API_IP = "198.19.0.1"
DNS_IP = "198.19.0.10"
PODS = "198.18.128.0/24"
ALL_PODS = "198.18.128.0/17"  # what the controllers are given to cut node ranges from

CONTAINERD = Path("/run") / NETWORK
SOCKET = CONTAINERD / "containerd.sock"


def home() -> Path:
    """Return the folder of programs and state."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get(VARIABLE) or cache / "tfx-pipeline" / "cluster")


def programs() -> Path:
    """Return the folder of the programs of Kubernetes."""
    return home() / "bin"


def state() -> Path:
    """Return the folder of what a running cluster writes."""
    return home() / "state"


def logs() -> Path:
    """Return the folder of the programs' logs; `pods` below it has those of containers."""
    return state() / "log"


def running() -> Path:
    """Return the folder of process numbers and of configuration made for a start."""
    return state() / "run"


def keys() -> Path:
    """Return the folder of certificates, tokens and kubeconfigs."""
    return state() / "keys"


def kubeconfig() -> Path:
    """Return the kubeconfig of one who may do everything."""
    return keys() / "admin.kubeconfig"


def volumes() -> Path:
    """Return the folder below which volumes of pods lie on this machine."""
    return state() / "volumes"
