"""Running a command in the root file system that layers make together, as root of this machine.

Terms:
    layer: a folder of files that lie over those of the layers below it.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """What a stage is so far.

    Attributes:
        layers: folders, the lowest first.
        digest: of all that made them.
    """

    layers: tuple[Path, ...]
    digest: str
    env: Mapping[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    workdir: str = "/"
    user: str = "0:0"
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


def run_in(
    image: Image,
    words: Sequence[str],
    *,
    writes: Path | None = None,
    mounts: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    online: bool = False,
    timeout_s: float = 900,
) -> str:
    """Run a command in an image, as its user; give what it wrote to standard output.

    Args:
        image: the image.
        words: the command.
        writes: the layer that takes what it writes; none: the file system is read-only, but /tmp.
        mounts: folders of this machine, by their place in the image.
        env: more variables.
        online: names and packages are reached as on this machine.
        timeout_s: seconds until it is given up.

    Raises:
        AssertionError: it failed.
    """
    with tempfile.TemporaryDirectory(dir=image.layers[0].parent, prefix="run-") as folder:
        values = {"HOME": "/root", **image.env, **(env or {})}
        binds = dict(mounts or {})
        if online:
            binds |= {x: x for x in ("/etc/resolv.conf", "/etc/hosts") if Path(x).exists()}
            for name, value in settings_of_this_machine():
                if value.startswith("/") and Path(value).is_file():
                    binds[f"/run/{name}"] = value
                    value = f"/run/{name}"
                values[name] = value
        script = _script(image, Path(folder), writes, binds)
        uid, _, gid = image.user.partition(":")
        chroot = ["chroot", f"--userspec={uid}:{gid or uid}", f"{folder}/root", "/usr/bin/env"]
        variables = [f"{name}={value}" for name, value in values.items()]
        inside = [*chroot, "-i", "-C", image.workdir, *variables, *words]
        alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        done = subprocess.run(
            [*alone, "sh", "-euc", script, "sh", *inside],
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout[-3000:]}{done.stderr[-6000:]}"
    return done.stdout


def _script(image: Image, folder: Path, writes: Path | None, binds: Mapping[str, str]) -> str:
    """Write what mounts the root file system, in a namespace where the mounts end with it."""
    root = folder / "root"
    for name in ("root", "work", "points"):
        (folder / name).mkdir()
    # Points to mount on that the image may lack; they lie below all else.
    for point, source in {**binds, "/tmp": "/", "/proc": "/", "/dev": "/"}.items():
        place = Path(f"{folder}/points{point}")
        if writes is not None:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(exist_ok=True) if Path(source).is_dir() else place.touch()
    lower = ":".join(map(str, [*reversed(image.layers), folder / "points"]))
    upper = f",upperdir={writes},workdir={folder}/work" if writes else ""
    lines = [f"mount -t overlay overlay -o lowerdir={lower}{upper} {root}"]
    lines += [f"mount -t proc proc {root}/proc", f"mount --rbind /dev {root}/dev"]
    if writes is None:
        lines.append(f"mount -t tmpfs -o mode=1777 tmpfs {root}/tmp")
    for point, source in sorted(binds.items()):
        place, made = f"{root}{point}", "mkdir -p" if Path(source).is_dir() else "touch"
        if writes is not None:
            lines.append(f"[ -e {place} ] || {{ mkdir -p $(dirname {place}); {made} {place}; }}")
        lines.append(f"mount --bind {source} {place}")
    return "\n".join([*lines, 'exec "$@"'])


def settings_of_this_machine() -> Iterator[tuple[str, str]]:
    """Give what this machine says of indexes of packages and of proxies, by variables' names."""
    for name, value in os.environ.items():
        of_packages = name.startswith(("PIP_", "UV_")) or name.lower().endswith("_proxy")
        # Certificates are what the Dockerfile has a secret for.
        if of_packages and name not in ("PIP_CERT", "PIP_FIND_LINKS", "UV_CACHE_DIR"):
            yield name, value
