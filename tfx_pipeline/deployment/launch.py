"""Which server runs here, and the command that starts it.

Terms:
    binary: `tensorflow_model_server` of TensorFlow Serving.
    docker: the same in the image `tensorflow/serving`.
    embedded: this package's own server (`tfx_pipeline.serving.server`); it always works.
    flags: TensorFlow Serving's, as texts by name.
"""

from __future__ import annotations

import csv
import dataclasses
import difflib
import io
import json
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.serving.config.options import ServerOptions

KINDS = ("auto", "binary", "docker", "embedded")
BINARY = "tensorflow_model_server"
DOCKER_IMAGE = "tensorflow/serving:2.19.1"
DEFAULT_PORTS = {"port": "8500", "rest_api_port": "8501"}

_FIELDS = {field.name: field for field in dataclasses.fields(ServerOptions)}
EMBEDDED_ONLY = (
    "bind_address",
    "workers",
    "rest_tls_cert_file",
    "rest_tls_key_file",
    "bearer_token_file",
)
_SWITCH_WORDS = ("true", "false", "0", "1")
_TITLE = "the server cannot be started"


@dataclass(frozen=True)
class Launch:
    """A server to start.

    Attributes:
        kind: `binary`, `docker` or `embedded`.
        reason: why this one.
        command: what to execute.
    """

    kind: str
    reason: str
    command: tuple[str, ...]


def read_flags(words: Sequence[str]) -> dict[str, str]:
    """Read TensorFlow Serving's flags, as `--name=value`, `--name value`, or a bare switch.

    Raises:
        ConfigError: a word is no flag, or a flag has no value.
    """
    flags: dict[str, str] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            raise _usage(Problem("not a flag", None, word, "--name=value or --name value"))
        if not equals:
            is_switch = name in _FIELDS and isinstance(_FIELDS[name].default, bool)
            if is_switch and waiting[:1] and waiting[0].lower() not in _SWITCH_WORDS:
                value = "true"
            elif waiting and not waiting[0].startswith("--"):
                value = waiting.pop(0)
            elif is_switch or name not in _FIELDS:
                value = "true"
            else:
                raise _usage(Problem(f"--{name} has no value", allowed=_meaning(name)))
        flags[name] = value
    return flags


def choose_server(wanted: str) -> tuple[str, str]:
    """Choose a server; return its kind and why.

    Args:
        wanted: one of `KINDS`.

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
    """Choose a server, check the flags for it, and make its command.

    Args:
        wanted: one of `KINDS`.
        flags: all flags of the server.
        folders: what it reads besides the files and folders that flags name; for Docker.

    Raises:
        PipelineError: the server does not work here, or does not know a flag.
    """
    kind, reason = choose_server(wanted)
    flags = {name: _absolute(name, value) for name, value in flags.items()}
    if kind == "embedded":
        unknown = [name for name in flags if name not in _FIELDS]
        known = list(_FIELDS)
    else:
        unknown = [name for name in flags if name in EMBEDDED_ONLY]
        known = []  # the real server says itself which flags it does not know
    if unknown:
        raise _usage(*(_not_known(name, kind, known) for name in unknown))
    words = [f"--{name}={value}" for name, value in flags.items()]
    if kind == "docker":
        return Launch(kind, reason, (*_docker_prefix(flags, folders), *words))
    if kind == "binary":
        return Launch(kind, reason, (reason, *words))
    command = (sys.executable, "-m", "tfx_pipeline.serving.server", *words)
    return Launch(kind, reason, command)


def taken_port(flags: Mapping[str, str]) -> int | None:
    """Give the first of the flags' ports that another process listens at on this machine."""
    for name in DEFAULT_PORTS:
        if not flags.get(name, "").isdecimal():
            continue
        port = int(flags[name])
        with socket.socket() as probe:
            probe.settimeout(1)
            if 0 < port < 65536 and probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
    return None


def curl_command(url: str, name: str, row: Mapping[str, Any]) -> str:
    """Write the command that sends a row to a model, ready for a shell.

    Args:
        url: of the REST port.
        name: of the model.
        row: input values by name; NaN is sent as such.
    """
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
        if _is_local_path(name, value)
    ]
    places = {path.absolute() for path in (*folders, *named)}
    for place in sorted(places):
        if not any(parent in places for parent in place.parents):
            words.append(docker_mount(place.resolve(), str(place), readonly=True))
    return [*words, DOCKER_IMAGE]


def _absolute(name: str, value: str) -> str:
    """Make a path absolute: the server demands it, or runs elsewhere."""
    return str(Path(value).expanduser().absolute()) if _is_local_path(name, value) else value


def _is_local_path(name: str, value: str) -> bool:
    is_path = name.endswith("_file") or name == "model_base_path"
    return is_path and bool(value) and "://" not in value


def _not_known(name: str, kind: str, known: Sequence[str]) -> Problem:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        next_step = f"did you mean --{near[0]}?"
    elif kind == "embedded":
        next_step = "see tfx-pipeline serve --help"
    else:
        next_step = "leave it out, or add --server embedded"
    return Problem(f"the {kind} server has no flag --{name}", next_step=next_step)


def _meaning(name: str) -> str:
    return str(_FIELDS[name].metadata["meaning"])


def _usage(*problems: Problem) -> ConfigError:
    return ConfigError(problems, "the command line cannot be used")
