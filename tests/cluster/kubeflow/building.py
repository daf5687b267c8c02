"""Building Kubeflow's back end and Argo Workflows from source, once a machine and version."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from pathlib import Path

from tests.cluster.kubeflow.versions import ARGO_PROGRAMS, PROGRAMS, Version, checkout
from tests.cluster.node.processes import ClusterError, told
from tests.cluster.node.programs import go, module_folder

_PARTS = ("go.mod", "go.sum", "backend", "api", "kubernetes_platform", "third_party", "manifests")
# All static, so that they run in images with nothing else; the API server needs C (SQLite).
_SETTINGS = {"GOFLAGS": "-mod=mod -buildvcs=false", "CGO_ENABLED": "1"}


def build(version: Version) -> None:
    """Build the programs of a version that are missing; nothing where all are there."""
    absent = version.missing()
    if not absent and (version.folder / "argo").is_dir():
        return
    print(f"cluster: building Kubeflow Pipelines {version.name} takes 5 to 8 minutes", flush=True)
    _unpack(version)
    version.programs.mkdir(parents=True, exist_ok=True)
    module, argo = _argo(version)
    for name in version.missing():
        began = time.monotonic()
        if name in ARGO_PROGRAMS:
            stamped = f"-X {module}.version={argo} -X {module}.gitTag={argo}"
            words = (f"./cmd/{name}", f"{stamped} -X {module}.gitTreeState=clean")
            _build(version.programs / name, version.folder / "argo", *words)
        else:
            _build(version.programs / name, version.folder / "source", f"./{PROGRAMS[name]}")
        print(f"cluster: built {name} in {time.monotonic() - began:.0f} s", flush=True)


def commit(version: Version) -> str:
    """Return the commit from which a version was built."""
    return (version.folder / "source.commit").read_text(encoding="utf-8").strip()


def _unpack(version: Version) -> None:
    """Bring the parts of the checkout that are needed."""
    source = checkout()
    command = ["git", "-C", str(source), "rev-parse", f"{version.reference}^{{commit}}"]
    wanted = told(command).stdout.strip()
    record = version.folder / "source.commit"
    if record.exists() and commit(version) == wanted:
        return
    for name in ("source", "bin", "argo"):
        shutil.rmtree(version.folder / name, ignore_errors=True)
    folder = version.folder / "source"
    folder.mkdir(parents=True)
    have = told(["git", "-C", str(source), "ls-tree", "--name-only", wanted]).stdout.split()
    parts = [part for part in _PARTS if part in have]
    archive = ["git", "-C", str(source), "archive", wanted, *parts]
    with subprocess.Popen(archive, stdout=subprocess.PIPE) as packed:
        subprocess.run(["tar", "-x", "-C", str(folder)], stdin=packed.stdout, check=True)
    record.write_text(f"{wanted}\n", encoding="utf-8")


def _argo(version: Version) -> tuple[str, str]:
    """Bring Argo's sources; return the name of its module and its version."""
    source = version.folder / "source"
    text = (source / "go.mod").read_text(encoding="utf-8")
    found = re.search(r"^\s*(github\.com/argoproj/argo-workflows/v\d+) (v\S+)", text, re.MULTILINE)
    if not found:
        raise ClusterError(f"{source}/go.mod names no version of Argo Workflows")
    module, wanted = found[1], version.argo or found[2]
    go(["mod", "edit", "-require", f"{module}@{wanted}"], folder=source)
    folder = version.folder / "argo"
    if not folder.is_dir():
        shutil.copytree(module_folder(module, wanted), folder)
        told(["chmod", "-R", "u+w", str(folder)])
    # The proxy's copy lacks this file; the one for another system defines all that is needed.
    for place in folder.glob("workflow/executor/os*specific"):
        if not (place / "signal_linux.go").exists():
            shutil.copy(place / "signal_darwin.go", place / "signal_linux.go")
    return module, wanted


def _build(place: Path, folder: Path, package: str, stamped: str = "") -> None:
    flags = f"-s -w -linkmode external -extldflags '-static' {stamped}"
    go(["build", "-ldflags", flags, "-o", str(place), package], folder=folder, **_SETTINGS)
