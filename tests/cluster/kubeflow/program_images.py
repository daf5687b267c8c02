"""Images of Kubeflow's programs, under the names that its manifests have."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.cluster.kubeflow.versions import Version
from tests.cluster.node import images

_OWN_USER = 65532

# As the last lines of backend/Dockerfile* of the checkout, and Argo's Dockerfile, have them. The
# API server's file of samples is not there: it loads none then (`LoadSamples`).
_OPTIONS = {
    "apiserver": [
        "--env=LOG_LEVEL=info",
        '--cmd=/bin/sh -c "/bin/apiserver --config=/config --sampleconfig=/no-samples.json'
        ' -logtostderr=true --logLevel=${LOG_LEVEL}"',
    ],
    "persistence_agent": [
        "--env=EXECUTIONTYPE=Workflow",
        '--cmd=/bin/sh -c "persistence_agent --logtostderr=true --namespace=${NAMESPACE}'
        " --ttlSecondsAfterWorkflowFinish=${TTL_SECONDS_AFTER_WORKFLOW_FINISH}"
        ' --numWorker ${NUM_WORKERS} --executionType ${EXECUTIONTYPE} --logLevel=${LOG_LEVEL}"',
    ],
    "controller": [
        '--cmd=/bin/sh -c "/bin/controller --logtostderr=true --namespace=${NAMESPACE}'
        ' --logLevel=${LOG_LEVEL}"',
    ],
    "driver": [f"--user={_OWN_USER}", '--entrypoint=["/bin/driver"]'],
    "launcher-v2": [f"--user={_OWN_USER}", '--entrypoint=["/bin/launcher-v2"]'],
    "argoexec": ['--entrypoint=["argoexec"]'],
    "workflow-controller": ["--user=8737", '--entrypoint=["workflow-controller"]'],
}


def put(version: Version, names: dict[str, str]) -> None:
    """Put the images that the node has not yet, by program."""
    for program, name in names.items():
        if not images.is_there(name):
            with tempfile.TemporaryDirectory() as folder:
                _fill(Path(folder), version, program)
                images.put_folder(Path(folder), name, *_OPTIONS[program])


def _fill(root: Path, version: Version, program: str) -> None:
    """Make a root file system: busybox, two users, time zones, and the program."""
    root.chmod(0o755)
    images.fill_with_busybox(root)
    for name in ("usr/share", "config", "home"):
        (root / name).mkdir(parents=True)
    (root / "home").chmod(0o1777)
    users = ("root:x:0:0::/:/bin/sh", f"appuser:x:{_OWN_USER}:{_OWN_USER}::/home:/bin/sh")
    (root / "etc" / "passwd").write_text("\n".join([*users, ""]), encoding="utf-8")
    if Path("/usr/share/zoneinfo").is_dir():
        shutil.copytree("/usr/share/zoneinfo", root / "usr/share/zoneinfo", symlinks=True)
    shutil.copy(version.programs / program, root / "bin" / program)
    if program == "apiserver":
        settings = version.folder / "source" / "backend/src/apiserver/config"
        shutil.copytree(settings, root / "config", dirs_exist_ok=True)
