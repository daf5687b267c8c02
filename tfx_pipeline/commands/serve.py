"""`tfx-pipeline serve`: start the best server there is, and say how to ask it."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from rich.markup import escape

from tfx_pipeline.commands.served_model import (
    Deployment,
    find_deployment,
    output,
    with_errors_shown,
)
from tfx_pipeline.deployment.launch import (
    DEFAULT_PORTS,
    Launch,
    curl_command,
    plan_launch,
    read_flags,
    taken_port,
)
from tfx_pipeline.deployment.version_label_file import versions_on_disk
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.modules.smoke_rows.rows import read_smoke_rows
from tfx_pipeline.serving.config.protos import read_model_config
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.storage.plain_names import own_name
from tfx_pipeline.wording import listed

_LABEL_FLAGS = {
    "model_config_file_poll_wait_seconds": "1",
    "allow_version_labels_for_unavailable_models": "true",  # at its start nothing is available
}


@dataclass(frozen=True)
class Served:
    """What will be served: models by name, with their folders, and the flags that say so."""

    models: Mapping[str, Path]
    flags: Mapping[str, str]
    labels: Mapping[str, int] = field(default_factory=dict)


def serve(options: argparse.Namespace) -> int:
    """Become a server; return an exit status only when that is not possible."""
    return with_errors_shown(lambda: _serve(options))


def _serve(options: argparse.Namespace) -> None:
    flags = {**DEFAULT_PORTS, **read_flags(options.flags)}
    try:
        served = _what_to_serve(options, flags)
    except ServingError as error:
        raise ConfigError([Problem(error.message)], "the model config cannot be used") from error
    folders = [folder.parent for folder in served.models.values()]
    launch = plan_launch(options.server, served.flags, folders)
    port = taken_port(served.flags)
    if port:
        problem = Problem(
            f"port {port} is taken",
            next_step="stop what listens there, or choose others: --port=… --rest_api_port=…",
        )
        raise PipelineError([problem], "the server cannot be started")
    _announce(launch, served)
    _become(launch)


def _what_to_serve(options: argparse.Namespace, flags: dict[str, str]) -> Served:
    """Find the models: those that the flags name, else the configuration's with its labels."""
    if flags.get("model_config_file"):
        config = read_model_config(flags["model_config_file"])
        models = {x.name: Path(x.base_path) for x in config.model_config_list.config}
        labels = {
            label: version
            for model in config.model_config_list.config
            for label, version in model.version_labels.items()
        }
        return Served(models, flags, labels)
    if flags.get("model_base_path"):
        flags.setdefault("model_name", "default")
        base = Path(flags["model_base_path"]).absolute()
        return Served({flags["model_name"]: base}, flags)
    deployment = find_deployment(options)
    deployment.versions()
    if "model_name" in flags:  # served under another name, without labels
        flags = {**flags, "model_base_path": str(deployment.base)}
        return Served({flags["model_name"]: deployment.base}, flags)
    return _with_labels(deployment, flags)


def _with_labels(deployment: Deployment, flags: dict[str, str]) -> Served:
    """Let the server read the label file; where none can be written, name the folder instead."""
    file = deployment.label_file
    models = {deployment.name: deployment.base}
    try:
        file.follow()
    except OSError:
        if not file.path.is_file():
            plain = {"model_name": deployment.name, "model_base_path": str(deployment.base)}
            return Served(models, {**plain, **flags})
    flags = {"model_config_file": str(file.path), **_LABEL_FLAGS, **flags}
    return Served(models, flags, file.labels())


def _announce(launch: Launch, served: Served) -> None:
    """Print which server, where, what, and a command that asks it."""
    console = output()
    rest, grpc = served.flags["rest_api_port"], served.flags["port"]
    scheme = "https" if served.flags.get("rest_tls_cert_file") else "http"
    url = f"{scheme}://localhost:{rest}" if rest != "0" else ""
    pairs = [
        ("server", f"{launch.kind} ({launch.reason})"),
        ("REST", url),
        ("gRPC", f"localhost:{grpc}" if grpc != "0" else served.flags.get("grpc_socket_path", "")),
    ]
    if launch.kind == "docker":
        pairs.append(("command", shlex.join(launch.command)))
    pairs.append(("exposed", _exposure(launch, served)))
    for name, base in served.models.items():
        pairs.append(("model", f"{name}: {own_name(base)}"))
        numbers = [str(each) for each in sorted(versions_on_disk(base), reverse=True)]
        pairs.append(("versions", listed(numbers) or "none yet: it waits"))
    labels = ", ".join(f"{label} → {version}" for label, version in served.labels.items())
    pairs += [("labels", labels), ("ask it", _question(url, served))]
    for name, value in pairs:
        if value:
            console.print(f"  [bold]{name:<9}[/] {escape(value)}")
    console.print("  it answers when it has loaded; Ctrl-C ends it")


def _exposure(launch: Launch, served: Served) -> str:
    """Say to whom the ports are open; empty: to this machine alone."""
    if launch.kind == "binary":
        return "on every address of this machine: this server knows no other way"
    address = served.flags.get("bind_address", "127.0.0.1")
    return "" if address in ("127.0.0.1", "::1", "localhost") else f"on {address}"


def _question(url: str, served: Served) -> str:
    """Write a `curl` with a real row of the first model that carries one."""
    for name, base in served.models.items():
        versions = versions_on_disk(base)
        if url and versions:
            try:
                row = read_smoke_rows(versions[max(versions)]).instances[0]
            except (OSError, ValueError, IndexError):
                return shlex.join(["curl", f"{url}/v1/models/{quote(name, safe='')}/metadata"])
            return curl_command(url, name, row)
    return ""


def _become(launch: Launch) -> None:
    """Replace this process, so that signals reach the server itself."""
    sys.stdout.flush()
    sys.stderr.flush()
    program = shutil.which(launch.command[0]) or launch.command[0]
    os.execv(program, list(launch.command))
