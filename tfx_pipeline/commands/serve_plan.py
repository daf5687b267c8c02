"""What `tfx-pipeline serve` lets a server serve, and what it says of that."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from rich.markup import escape

from tfx_pipeline.commands.asking.served_model import ServedModel, find_served_model
from tfx_pipeline.commands.output import result_console
from tfx_pipeline.deployment.launch import Launch, curl_command
from tfx_pipeline.deployment.model_versions import versions_on_disk
from tfx_pipeline.deployment.server_flags import DEFAULT_PORTS, read_flags
from tfx_pipeline.modules.smoke_rows import read_smoke_rows
from tfx_pipeline.serving.config.protos import read_model_config
from tfx_pipeline.storage.plain_names import own_name
from tfx_pipeline.wording import listed

_VERSION_LABEL_FLAGS = {
    "model_config_file_poll_wait_seconds": "1",
    "allow_version_labels_for_unavailable_models": "true",  # at its start nothing is available
}


@dataclass(frozen=True)
class ServePlan:
    """What will be served: models by name, with their folders, and the flags that say so."""

    models: Mapping[str, Path]
    flags: Mapping[str, str]
    version_labels: Mapping[str, int] = field(default_factory=dict)


def plan_serving(options: argparse.Namespace) -> ServePlan:
    """Find the models: those that the flags name, else the configuration's with its version labels.

    Raises:
        ConfigError: a flag, or the configuration, cannot be used, or there is no model yet.
        ServingError: a file that names the models cannot be read.
    """
    flags = {**DEFAULT_PORTS, **read_flags(options.flags)}
    if flags.get("model_config_file"):
        config = read_model_config(flags["model_config_file"])
        models = {x.name: Path(x.base_path) for x in config.model_config_list.config}
        version_labels = {
            version_label: version
            for model in config.model_config_list.config
            for version_label, version in model.version_labels.items()
        }
        return ServePlan(models, flags, version_labels)
    if flags.get("model_base_path"):
        flags.setdefault("model_name", "default")
        base = Path(flags["model_base_path"]).absolute()
        return ServePlan({flags["model_name"]: base}, flags)
    model = find_served_model(options)
    model.versions()
    if "model_name" in flags:  # served under another name, without version labels
        flags = {**flags, "model_base_path": str(model.base)}
        return ServePlan({flags["model_name"]: model.base}, flags)
    return _with_version_labels(model, flags)


def _with_version_labels(model: ServedModel, flags: dict[str, str]) -> ServePlan:
    """Let the server read the version label file, or name the folder where none can be written."""
    file = model.version_label_file
    models = {model.name: model.base}
    try:
        file.follow()
    except OSError:
        if not file.path.is_file():
            plain = {"model_name": model.name, "model_base_path": str(model.base)}
            return ServePlan(models, {**plain, **flags})
    flags = {"model_config_file": str(file.path), **_VERSION_LABEL_FLAGS, **flags}
    return ServePlan(models, flags, file.version_labels())


def announce(launch: Launch, plan: ServePlan) -> None:
    """Print which server, where, what, and a command that asks it."""
    console = result_console()
    rest, grpc = plan.flags["rest_api_port"], plan.flags["port"]
    scheme = "https" if plan.flags.get("rest_tls_cert_file") else "http"
    url = f"{scheme}://localhost:{rest}" if rest != "0" else ""
    pairs = [
        ("server", f"{launch.kind} ({launch.reason})"),
        ("REST", url),
        ("gRPC", f"localhost:{grpc}" if grpc != "0" else plan.flags.get("grpc_socket_path", "")),
    ]
    if launch.kind == "docker":
        pairs.append(("command", shlex.join(launch.command)))
    pairs.append(("exposed", _exposure(launch, plan)))
    for name, base in plan.models.items():
        pairs.append(("model", f"{name}: {own_name(base)}"))
        numbers = [str(each) for each in sorted(versions_on_disk(base), reverse=True)]
        pairs.append(("versions", listed(numbers) or "none yet: it waits"))
    version_labels = ", ".join(f"{x} → {version}" for x, version in plan.version_labels.items())
    pairs += [("labels", version_labels), ("ask it", _question(url, plan))]
    for name, value in pairs:
        if value:
            console.print(f"  [bold]{name:<9}[/] {escape(value)}")
    console.print("  it answers when it has loaded; Ctrl-C ends it")


def _exposure(launch: Launch, plan: ServePlan) -> str:
    """Say to whom the ports are open; empty: to this machine alone."""
    if launch.kind == "binary":
        return "on every address of this machine: this server knows no other way"
    address = plan.flags.get("bind_address", "127.0.0.1")
    return "" if address in ("127.0.0.1", "::1", "localhost") else f"on {address}"


def _question(url: str, plan: ServePlan) -> str:
    """Write a `curl` with a real row of the first model that carries one."""
    for name, base in plan.models.items():
        versions = versions_on_disk(base)
        if url and versions:
            try:
                row = read_smoke_rows(versions[max(versions)]).instances[0]
            except (OSError, ValueError, IndexError):
                return shlex.join(["curl", f"{url}/v1/models/{quote(name, safe='')}/metadata"])
            return curl_command(url, name, row)
    return ""
