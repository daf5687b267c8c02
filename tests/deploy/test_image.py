"""The image of the steps, built from its Dockerfile without Docker; a step runs in it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.image_layers import Builder, secrets_of_this_machine
from tests.deploy.root_file_system import Image, run_in
from tests.e2e.project import REPOSITORY

pytestmark = pytest.mark.e2e

_FOLDER = REPOSITORY / "deploy/image"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
_USER = 10001


def obstacle() -> str | None:
    """Say why the image cannot be built here."""
    if os.geteuid() != 0:
        return "building a root file system takes root"
    missing = [x for x in ("mmdebstrap", "unshare", "chroot") if shutil.which(x) is None]
    if missing:
        return f"{', '.join(missing)} is not on the PATH"
    if os.uname().machine != "x86_64":
        return "the image is for x86-64"
    known = Path("/proc/filesystems").read_text(encoding="utf-8")
    return None if "overlay" in known else "the kernel has no overlay file system"


@pytest.fixture(scope="module")
def image() -> Image:
    why_not = obstacle()
    if why_not:
        pytest.skip(why_not)
    uv_cache = Path(os.environ.get("UV_CACHE_DIR", _CACHE / "uv"))
    uv_cache.mkdir(parents=True, exist_ok=True)
    cache = _CACHE / "tfx-pipeline/image"
    secrets = secrets_of_this_machine()
    return Builder(_FOLDER / "Dockerfile", REPOSITORY, cache, uv_cache, secrets).build()


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A volume that the image's user may write to."""
    folder = tmp_path / "volume"
    folder.mkdir()
    os.chown(folder, _USER, _USER)
    return folder


_PLACES = (
    "--set=environment.pipeline_root=/mnt/pipeline/{pipeline}",
    "--set=environment.metadata.path=/mnt/pipeline/metadata.db",
    "--set=push.base_directory=/mnt/pipeline/models",
)
_SERVE = """
ports=$(python -c 'from socket import *; a = create_server(("", 0)); b = create_server(("", 0))
print(a.getsockname()[1], b.getsockname()[1])')
tfx-model-server --port=${ports#* } --rest_api_port=${ports% *} --model_name=penguins \\
    --model_base_path=/mnt/pipeline/models/penguins >/tmp/server.log 2>&1 &
for second in $(seq 60); do
    tfx-pipeline predict --config configs/penguins.yaml --url http://127.0.0.1:${ports% *} \\
        --input data/penguins/penguins.csv --limit 3 --json 2>/tmp/said && exit
    kill -0 $! || break
    sleep 1
done
cat /tmp/said /tmp/server.log >&2
exit 1
"""


def mounts(shared: Path) -> dict[str, str]:
    """Return what a container has beside the image."""
    names = ("configs", "data", "schema")
    return {
        **{f"/pipeline/{name}": str(REPOSITORY / name) for name in names},
        "/mnt/pipeline": str(shared),
    }


def test_image_runs_a_step_as_a_user_without_rights(image: Image, shared: Path) -> None:
    assert image.entrypoint == ("tfx-pipeline",)
    ir = "/mnt/pipeline/ir.json"
    for words in (
        [
            "compile",
            "--target=ir",
            "--config=configs/penguins.yaml",
            *_PLACES,
            "--upload",
            f"-o{ir}",
        ],
        [
            "compile",
            "--config=configs/penguins.yaml",
            "--env=kubeflow",
            "--upload",
            "-o/mnt/pipeline/kfp.yaml",
        ],
        ["node", f"--ir={ir}", "--node-id=CsvExampleGen", "--run-id=first"],
    ):
        run_in(image, [*image.entrypoint, *words], mounts=mounts(shared))
    assert "schemaVersion: 2.1.0" in (shared / "kfp.yaml").read_text(encoding="utf-8")
    files = [*shared.glob("penguins/CsvExampleGen/examples/*/Split-*/*.gz")]
    assert len(files) == 2
    assert {file.stat().st_uid for file in files} == {_USER}


def test_image_runs_the_pipeline_and_serves_its_model(image: Image, shared: Path) -> None:
    words = ["run", "--config=configs/penguins.yaml", *_PLACES]
    run_in(image, [*image.entrypoint, *words], mounts=mounts(shared))
    (version,) = [x for x in shared.glob("models/penguins/*") if x.name.isdigit()]
    assert (version / "saved_model.pb").stat().st_uid == _USER
    said = run_in(image, ["sh", "-uc", _SERVE], mounts=mounts(shared))
    answers = [json.loads(line) for line in said.splitlines()]
    assert [each["class"] for each in answers] == ["Adelie"] * 3  # as the table has them
    assert [sum(each["probabilities"]) for each in answers] == pytest.approx([1, 1, 1], abs=1e-6)


def test_image_holds_the_lock_and_no_tool(image: Image) -> None:
    script = "from importlib.metadata import *; print(*(x.name for x in distributions()))"
    names = run_in(image, ["python", "-c", script]).split()
    lock = (REPOSITORY / "requirements/image.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", lock, re.MULTILINE)
    own = ["tfx-pipeline", "pyfarmhash"]
    assert sorted(map(_normal, names)) == sorted(map(_normal, [*pinned, *own]))
    assert not {"pytest", "mypy", "ruff", "moto", "pip"} & {*map(_normal, names)}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_image_starts_from_bytecode_and_writes_nothing(image: Image) -> None:
    script = (
        "import os, tensorflow_transform, tfx_pipeline.cli as ours\n"
        "flags = [open(x.__cached__, 'rb').read()[4] for x in (tensorflow_transform, ours)]\n"
        "print(flags, os.getuid(), os.getcwd(), os.access(ours.__file__, os.W_OK))"
    )
    said = run_in(image, ["python", "-c", script]).strip()
    assert said.splitlines()[-1] == f"[1, 1] {_USER} /pipeline False"  # 1: a hash, never checked


def test_image_has_nothing_that_its_user_may_change(image: Image) -> None:
    script = "find / -xdev -not -type l -writable -not -path '/tmp*' -not -path '/home/pipeline*'"
    said = run_in(image, ["sh", "-c", f"{script} 2>/dev/null || true"])
    open_to_all = {"/run/lock", "/var/tmp"}  # as Debian has them
    assert {line for line in said.splitlines() if not line.startswith("/proc")} <= open_to_all


def test_readme_says_the_size(image: Image) -> None:
    layers = [str(layer) for layer in image.layers]
    measured = subprocess.run(["du", "-scm", *layers], capture_output=True, text=True, check=True)
    size_mb = int(measured.stdout.splitlines()[-1].split()[0])
    readme = (_FOLDER / "README.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"\*\*([\d.]+) GiB\*\*", readme)
    assert float(said) == pytest.approx(size_mb / 1024, rel=0.1)
