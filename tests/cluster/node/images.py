"""Images in the node: there is no registry, so they are put there by hand under any name."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests.cluster.node import places
from tests.cluster.node.processes import told

PAUSE = "localhost/pause:1"
SHELL = "localhost/busybox:1"


def ctr(*words: str) -> list[str]:
    """Return the command line of containerd's client, in the namespace of Kubernetes."""
    return ["ctr", f"--address={places.SOCKET}", "--namespace=k8s.io", *words]


def is_there(name: str) -> bool:
    """Tell whether the node has an image of a name."""
    return name in told(ctr("images", "ls", "-q")).stdout.split()


def put_program(program: Path, name: str) -> None:
    """Put an image of one static program, which is its entry point."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / program.name).write_bytes(program.read_bytes())
        (Path(folder) / program.name).chmod(0o755)
        put_folder(Path(folder), name, f'--entrypoint=["/{program.name}"]')


def put_folder(root: Path, name: str, *options: str) -> None:
    """Put an image of a root file system; options are those of `buildah config`."""
    container = told(["buildah", "from", "scratch"]).stdout.strip()
    try:
        told(["buildah", "copy", "--quiet", container, str(root), "/"], timeout_s=900)
        if options:
            told(["buildah", "config", *options, container])
        told(["buildah", "commit", "--quiet", container, name], timeout_s=900)
    finally:
        told(["buildah", "rm", container], check=False)
    put_built(name)


def put_built(name: str) -> None:
    """Put an image that buildah has built here."""
    with tempfile.TemporaryDirectory(dir=places.state()) as folder:
        archive = f"{folder}/image.tar"
        words = ["push", "--quiet", "--format=docker", name, f"docker-archive:{archive}:{name}"]
        told(["buildah", *words], timeout_s=1800)
        told(ctr("images", "import", "--all-platforms", archive), timeout_s=1800)


def called(name: str, also: str) -> None:
    """Give an image a second name."""
    told(ctr("images", "tag", "--force", name, also))


def put_shell() -> None:
    """Put a small image with busybox, unless it is there."""
    if is_there(SHELL):
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        fill_with_busybox(root)
        put_folder(root, SHELL)


def fill_with_busybox(root: Path) -> None:
    """Make a root file system with a shell, its commands, and room for temporary files."""
    for name in ("bin", "etc"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    busybox = shutil.which("busybox") or "/bin/busybox"
    shutil.copy(busybox, root / "bin" / "busybox")
    for applet in told([busybox, "--list"]).stdout.split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
