"""Building the image of the steps as everybody does, from deploy/image/Dockerfile, by buildah.

The image bears the digests of the files that it was made of as labels, so it is built again only
when one of them has changed; and then the layers of what has not changed stay. The base image is
pulled by nobody: mmdebstrap makes it, under the name that the Dockerfile asks for.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cluster.node import images
from tests.cluster.node.processes import ClusterError, told
from tests.deploy import image_sources
from tests.deploy.image_layers import make_base, secrets_of_this_machine
from tests.deploy.root_file_system import settings_of_this_machine

NAME = "registry.example.com/tfx-pipeline:0.1"
REPOSITORY = Path(__file__).resolve().parents[2]

_LABEL = "com.example.tfx-pipeline"  # .recipe and .package
_MIB = 2**20
_GIB = 2**30
_ROOM_GIB = 20  # the layers, what buildah makes of them on the way, and the node's copy


def build(name: str = NAME, context: Path = REPOSITORY) -> bool:
    """Build the image of a checkout unless buildah has it; tell whether it was built.

    Raises:
        ClusterError: an instruction failed.
    """
    wanted = labels(context)
    inspected = _inspect(name)
    if inspected is not None and bears(inspected["OCIv1"], wanted):
        print(f"cluster: {name} is built of these files already", flush=True)
        return False
    said = "about 10 minutes the first time, one where the package alone has changed"
    print(f"cluster: building {name}: {said}", flush=True)
    began = time.monotonic()
    told(["buildah", "prune", "--force"])  # earlier builds whose name a later one took
    if room := no_room():
        raise ClusterError(room)
    _ensure_base(context)
    told([*_command(context, wanted), f"--tag={name}", str(context)], timeout_s=3600)
    print(f"cluster: built {name} in {time.monotonic() - began:.0f} s", flush=True)
    return True


def no_room(needed_gib: float = _ROOM_GIB) -> str:
    """Say that the disk has no room for a build; an empty text where it has."""
    free_gib = shutil.disk_usage("/var/tmp").free / _GIB
    if free_gib >= needed_gib:
        return ""
    return (
        f"/var/tmp has {free_gib:.1f} GiB free, and building {NAME} takes {needed_gib:g}: "
        "make room, or forget the cluster by `python -m tests.cluster down --all`"
    )


def labels(context: Path = REPOSITORY) -> dict[str, str]:
    """Return the labels of the image of a checkout."""
    return {f"{_LABEL}.{part}": said for part, said in image_sources.digests(context).items()}


def package_label(package: Path) -> dict[str, str]:
    """Return the label that says which package an image has."""
    return {f"{_LABEL}.package": image_sources.package_digest(package)}


def bears(config: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    """Tell whether an image bears labels, by its configuration."""
    found = config.get("config", {}).get("Labels") or {}
    return {name: found.get(name) for name in wanted} == wanted


def report(name: str = NAME, context: Path = REPOSITORY) -> str:
    """Say how large the built image is, unpacked, and each of its layers."""
    inspected = json.loads(told(["buildah", "inspect", "--type=image", name]).stdout)
    sizes = [layer["size"] for layer in json.loads(inspected["Manifest"])["layers"]]
    made_by = image_sources.instructions(context)
    history = inspected["OCIv1"]["history"]
    found = image_sources.layers(history, sizes, made_by, image_sources.base_image(context))
    lines = [f"{size / _MIB:8.1f} MiB  {instruction}" for instruction, size in found]
    return "\n".join([f"cluster: {name} has {sum(sizes) / _MIB:.0f} MiB, unpacked", *lines])


def _inspect(name: str) -> dict[str, Any] | None:
    done = told(["buildah", "inspect", "--type=image", name], check=False)
    return None if done.returncode else json.loads(done.stdout)


def _ensure_base(context: Path) -> None:
    """Make the base image unless buildah has one of that name."""
    short = image_sources.base_image(context)
    name = f"docker.io/library/{short}"
    if _inspect(name) is not None:
        return
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        root = Path(folder) / "root"
        root.mkdir()
        try:
            make_base(short, root)
        except subprocess.CalledProcessError as error:
            raise ClusterError(f"{name} was not made: {error}. See above what it said") from error
        images.commit_folder(root, name, "--cmd=bash")


def _command(context: Path, wanted: Mapping[str, str]) -> list[str]:
    """Return the command line of a build; an index is taken from the variable of its name."""
    words = ["buildah", "bud", "--isolation=chroot", "--layers", "--pull-never"]
    words += [f"--file={context / image_sources.DOCKERFILE}"]
    words += [f"--ignorefile={context / image_sources.IGNORE_FILE}"]
    words += [f"--secret=id={key},src={file}" for key, file in secrets_of_this_machine().items()]
    taken = image_sources.arguments(context)
    set_here = [name for name, _ in settings_of_this_machine() if name in taken]
    words += [f"--build-arg={name}" for name in set_here]  # no value: it may hold a password
    return words + [f"--label={name}={value}" for name, value in wanted.items()]
