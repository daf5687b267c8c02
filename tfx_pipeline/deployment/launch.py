"""Which server runs here, the command that starts it, and one that asks it.

Terms:
    binary: `tensorflow_model_server` of TensorFlow Serving.
    docker: the same in the image `tensorflow/serving`.
    embedded: this package's own server (`tfx_pipeline.serving.server`); it always works.
    flags: see `server_flags`.
"""

from __future__ import annotations

import csv
import io
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tfx_pipeline.deployment.server_flags import DEFAULT_PORTS, checked_flags, is_local_path
from tfx_pipeline.errors import PipelineError, Problem

BINARY = "tensorflow_model_server"
DOCKER_IMAGE = "tensorflow/serving:2.19.1"

_TITLE = "the server cannot be started"


@dataclass(frozen=True)
class Launch:
    """A server to start: `binary`, `docker` or `embedded`, why this one, and what to execute."""

    kind: str
    reason: str
    command: tuple[str, ...]


def choose_server(wanted: str) -> tuple[str, str]:
    """Choose a server; return its kind and why.

    Args:
        wanted: `binary`, `docker`, `embedded`, or `auto`: the binary, or the embedded one.

    Raises:
        PipelineError: the wanted one does not work here.
    """
    if wanted == "docker":
        obstacle = docker_obstacle()
        if obstacle:
            next_step = "mend that, or use --server embedded, which speaks the same protocol"
            raise PipelineError([Problem(obstacle, next_step=next_step)], _TITLE)
        return "docker", "by --server docker"
    if wanted == "embedded":
        return "embedded", "by --server embedded"
    binary = shutil.which(BINARY)
    if binary:
        return "binary", binary
    if wanted == "binary":
        what = f"{BINARY} is not on the PATH"
        next_step = "install it, or use --server embedded, which speaks the same protocol"
        raise PipelineError([Problem(what, next_step=next_step)], _TITLE)
    return "embedded", f"{BINARY} is not on the PATH"


def docker_obstacle() -> str | None:
    """Say why Docker cannot run a server here; none: it can."""
    client = shutil.which("docker")
    if client is None:
        return "docker is not on the PATH"
    try:
        answer = subprocess.run(
            [client, "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"docker's engine does not answer: {error}"
    if answer.returncode:
        lines = answer.stderr.strip().splitlines()
        return f"docker's engine does not answer: {lines[-1] if lines else 'no reason given'}"
    return None


def plan_launch(wanted: str, flags: Mapping[str, str], folders: Sequence[Path] = ()) -> Launch:
    """Choose a server (see `choose_server`), check the flags for it, and make its command.

    For Docker, `folders` are what it reads besides the files and folders that flags name.

    Raises:
        PipelineError: the server does not work here, or does not know a flag.
    """
    kind, reason = choose_server(wanted)
    flags = checked_flags(kind, flags)
    words = [f"--{name}={value}" for name, value in flags.items()]
    if kind == "docker":
        return Launch(kind, reason, (*_docker_prefix(flags, folders), *words))
    if kind == "binary":
        return Launch(kind, reason, (reason, *words))
    command = (sys.executable, "-m", "tfx_pipeline.serving.server", *words)
    return Launch(kind, reason, command)


def curl_command(url: str, name: str, row: Mapping[str, Any]) -> str:
    """Write the command that sends a row to a model, ready for a shell; NaN is sent as such."""
    body = json.dumps({"instances": [row]})
    return shlex.join(["curl", "-d", body, f"{url}/v1/models/{quote(name, safe='')}:predict"])


def docker_mount(source: Path, target: str, *, readonly: bool = False) -> str:
    """Write the flag that mounts a folder, whatever its name: Docker reads a line of CSV."""
    fields = ["type=bind", f"source={source}", f"target={target}"]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([*fields, "readonly"] if readonly else fields)
    return f"--mount={line.getvalue()}"


def _docker_prefix(flags: Mapping[str, str], folders: Sequence[Path]) -> list[str]:
    """Write `docker run`: ports on loopback, and folders where the flags name them, read-only."""
    words = ["docker", "run", "--rm", "--init", f"--entrypoint={BINARY}"]
    for name in DEFAULT_PORTS:
        if flags.get(name, "0") != "0":
            words.append(f"--publish=127.0.0.1:{flags[name]}:{flags[name]}")
    # A file is written anew by a rename, which only a mount of its folder shows.
    named = [
        Path(value) if name == "model_base_path" else Path(value).parent
        for name, value in flags.items()
        if is_local_path(name, value)
    ]
    places = {path.absolute() for path in (*folders, *named)}
    for place in sorted(places):
        if not any(parent in places for parent in place.parents):
            words.append(docker_mount(place.resolve(), str(place), readonly=True))
    return [*words, DOCKER_IMAGE]
