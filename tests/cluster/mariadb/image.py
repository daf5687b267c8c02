"""Making the image and putting it into the node; once, while the node keeps its images."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

from tests.cluster.node import images
from tests.cluster.node.processes import told

NAME = "docker.io/library/mariadb:10.11"
_USER = 999  # as whom the manifest has it run, as in the official image
_HERE = Path(__file__).parent
_SCRIPTS = ("entrypoint.sh", "healthcheck.sh")


def ensure() -> None:
    """Put the image into the node unless it is there, with the scripts as they are now."""
    scripts = b"".join((_HERE / name).read_bytes() for name in _SCRIPTS)
    made = f"localhost/mariadb:{hashlib.sha256(scripts).hexdigest()[:16]}"
    if images.is_there(made):
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        _make(root)
        images.put_folder(
            root,
            NAME,
            '--entrypoint=["entrypoint.sh"]',
            "--cmd=mariadbd",
            f"--user={_USER}",
            "--env=LANG=C.UTF-8",
        )
    images.called(NAME, made)


def _make(root: Path) -> None:
    users = (
        f'echo mysql:x:{_USER}: >> "$1/etc/group"',
        f'echo mysql:x:{_USER}:{_USER}::/tmp:/usr/sbin/nologin >> "$1/etc/passwd"',
        'echo "mysql:*:19000::::::" >> "$1/etc/shadow"',
    )
    words = ["mmdebstrap", "--quiet", "--variant=minbase", "--include=mariadb-server"]
    words += [f"--essential-hook={line}" for line in users]
    told([*words, "bookworm", str(root), *_mirror()], timeout_s=900)
    for name in _SCRIPTS:
        shutil.copy(_HERE / name, root / "usr/local/bin" / name)
        (root / "usr/local/bin" / name).chmod(0o755)
    # The manifest says all settings; Debian's name folders that are not there.
    shutil.rmtree(root / "etc/mysql/mariadb.conf.d")
    (root / "etc/mysql/mariadb.conf.d").mkdir()
    shutil.rmtree(root / "var/lib/mysql")
    for name in ("var/lib/mysql", "run/mysqld"):
        told(["install", "-d", f"--owner={_USER}", f"--group={_USER}", str(root / name)])


def _mirror() -> list[str]:
    """Return the mirror that this machine takes Debian's packages from, if a file says one."""
    for file in sorted(Path("/etc/apt/sources.list.d").glob("*.sources")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("URIs:"):
                return line.split()[1:2]
    return []
