"""Certificates, tokens and kubeconfigs of the cluster, made once."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from tests.cluster.node import places
from tests.cluster.node.processes import told

_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)


def make_keys() -> None:
    """Make what is missing; nothing where all is there."""
    folder = places.keys()
    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _openssl("genrsa", "-out", folder / "accounts.key", "2048")
    _openssl("rsa", "-in", folder / "accounts.key", "-pubout", "-out", folder / "accounts.pub")
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=cluster"),
        # Without it, clients with strict checks (Python 3.13) trust nothing that it has signed.
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        *("-keyout", folder / "ca.key", "-out", folder / "ca.crt"),
    )
    names = [f"DNS:{name}" for name in _NAMES]
    names += [f"IP:{address}" for address in ("127.0.0.1", places.NODE_IP, places.API_IP)]
    _signed("api", "/CN=kube-apiserver", f"subjectAltName={','.join(names)}")
    _signed("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client")
    groups = {"admin": ("admin", "system:masters")}
    groups["kubelet"] = (f"system:node:{places.NODE}", '"system:nodes,system:masters"')
    lines = [_user(name, *words) for name, words in groups.items()]
    (folder / "tokens.csv").write_text("".join(lines), encoding="utf-8")
    (folder / "tokens.csv").chmod(0o600)
    (folder / "done").touch()


def _user(name: str, user: str, groups: str) -> str:
    """Write a kubeconfig, and return the line by which the API server knows its token."""
    token = secrets.token_hex(16)
    cluster = {
        "server": "https://127.0.0.1:6443",
        "certificate-authority": str(places.keys() / "ca.crt"),
    }
    described = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": name}}],
        "current-context": "cluster",
    }
    file = places.keys() / f"{name}.kubeconfig"
    file.write_text(json.dumps(described), encoding="utf-8")
    file.chmod(0o600)
    return f"{token},{user},{name},{groups}\n"


def _signed(name: str, subject: str, extension: str = "") -> None:
    folder = places.keys()
    key, request = folder / f"{name}.key", folder / f"{name}.csr"
    words = ("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", key)
    _openssl(*words, "-out", request)
    extensions = ["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid", extension]
    (folder / f"{name}.ext").write_text("\n".join([*extensions, ""]), encoding="utf-8")
    more = ("-extfile", folder / f"{name}.ext")
    _openssl(
        *("x509", "-req", "-in", request, "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key"),
        *("-CAcreateserial", "-days", "3650", "-out", folder / f"{name}.crt", *more),
    )


def _openssl(*words: str | Path) -> None:
    told(["openssl", *map(str, words)])
