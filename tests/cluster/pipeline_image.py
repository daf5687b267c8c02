"""The image of the steps in the node, and this checkout's package over it.

buildah must have built it by deploy/image/Dockerfile under the name that the manifests have
(deploy/image/README.md). To bring the whole into the node takes minutes; a change to the package is
one more layer, made here, and takes seconds.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.cluster.node import images
from tests.cluster.node.processes import ClusterError, told

NAME = "registry.example.com/tfx-pipeline:0.1"
WHOLE = "registry.example.com/tfx-pipeline:whole"  # as built, without a layer of a checkout

_REPOSITORY = Path(__file__).resolve().parents[2]
_PACKAGES = "opt/venv/lib/python3.13/site-packages"
_DOCKER = "application/vnd.docker.image.rootfs.diff.tar"


def put() -> float:
    """Put the whole image into the node; return the seconds that it took.

    Raises:
        ClusterError: buildah has no image of that name.
    """
    began = time.monotonic()
    if told(["buildah", "inspect", "--type=image", NAME], check=False).returncode:
        said = "build it by deploy/image/Dockerfile first (deploy/image/README.md)"
        raise ClusterError(f"buildah has no image {NAME}: {said}")
    images.put_built(NAME)
    images.called(NAME, WHOLE)
    return time.monotonic() - began


def ensure() -> None:
    """Put the image into the node unless it is there."""
    if not images.is_there(NAME):
        put()


def put_thin(package: Path = _REPOSITORY / "tfx_pipeline") -> float:
    """Put the image with the package of a checkout into the node, as one layer on the whole.

    Pods that start from then on run it; those that run keep what they have.
    """
    began = time.monotonic()
    if not images.is_there(WHOLE):
        put()
    layer = _layer(package)
    manifest = _content(_digest(WHOLE))
    config = _content(manifest["config"]["digest"])
    config["rootfs"]["diff_ids"].append(_sha256(layer))
    config.get("history", []).append({"created_by": f"tests.cluster image --thin {package}"})
    blobs = {_sha256(layer): layer}
    described = json.dumps(config).encode()
    blobs[_sha256(described)] = described
    manifest["config"] |= {"digest": _sha256(described), "size": len(described)}
    entry = {"mediaType": _DOCKER, "digest": _sha256(layer), "size": len(layer)}
    manifest["layers"].append(entry)
    _put(manifest, blobs)
    return time.monotonic() - began


def _put(manifest: dict[str, Any], blobs: dict[str, bytes]) -> None:
    """Import an image of which only new blobs are given: the node has the others already."""
    text = json.dumps(manifest).encode()
    digest = _sha256(text)
    entry = {"mediaType": manifest["mediaType"], "digest": digest, "size": len(text)}
    entry |= {"annotations": {"io.containerd.image.name": NAME}}
    index = {"schemaVersion": 2, "manifests": [entry]}
    files = {f"blobs/{name.replace(':', '/')}": blob for name, blob in blobs.items()}
    files[f"blobs/{digest.replace(':', '/')}"] = text
    files["index.json"] = json.dumps(index).encode()
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "image.tar"
        with tarfile.open(archive, "w") as packed:
            for name, content in files.items():
                entry_of = tarfile.TarInfo(name)
                entry_of.size = len(content)
                packed.addfile(entry_of, io.BytesIO(content))
        told(images.ctr("images", "import", "--all-platforms", str(archive)), timeout_s=600)


def _layer(package: Path) -> bytes:
    """Return a layer that replaces the installed package, with its bytecode."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / _PACKAGES / "tfx_pipeline"
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
        _compile(copy)
        (copy / ".wh..wh..opq").touch()  # what the layers below have in this folder is hidden
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as packed:
            packed.add(copy, f"{_PACKAGES}/tfx_pipeline", filter=_plain)
        return made.getvalue()


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.isdir() else 0o644
    return entry


def _compile(package: Path) -> None:
    """Compile by the image's own version of Python, where this machine has it.

    Without, steps start some seconds later: nothing in the image may write bytecode.
    """
    found = [*Path.home().glob(".pyenv/versions/3.13.*/bin/python3.13"), shutil.which("python3.13")]
    for python in filter(None, found[:1]):
        words = ["-m", "compileall", "-q", "--invalidation-mode=unchecked-hash", str(package)]
        told([str(python), *words, "-s", str(package.parents[5]), "-p", "/"])
        return


def _digest(name: str) -> str:
    for line in told(images.ctr("images", "ls")).stdout.splitlines():
        reference, _, digest, *_ = line.split()
        if reference == name:
            return digest
    raise ClusterError(f"the node has no image {name}")


def _content(digest: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(images.ctr("content", "get", digest)).stdout)
    return found


def _sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
