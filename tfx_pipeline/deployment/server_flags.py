"""Flags of a model server as they are typed: TensorFlow Serving's, and the embedded server's own.

Their names stand in `serving.config.options`.

Terms:
    flags: texts by name, without the `--`.
"""

from __future__ import annotations

import dataclasses
import difflib
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.serving.config.options import ServerOptions

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
                meaning = str(_FIELDS[name].metadata["meaning"])
                raise _usage(Problem(f"--{name} has no value", allowed=meaning))
        flags[name] = value
    return flags


def checked_flags(kind: str, flags: Mapping[str, str]) -> dict[str, str]:
    """Make paths absolute: the server demands it, or runs elsewhere.

    Raises:
        ConfigError: that server does not know one of them.
    """
    # The real server says itself which flags it does not know.
    known = list(_FIELDS) if kind == "embedded" else []
    unknown = [x for x in flags if (x not in known if known else x in EMBEDDED_ONLY)]
    if unknown:
        raise _usage(*(_not_known(name, kind, known) for name in unknown))
    return {
        name: str(Path(value).expanduser().absolute()) if is_local_path(name, value) else value
        for name, value in flags.items()
    }


def is_local_path(name: str, value: str) -> bool:
    """Say whether a flag names a file or folder of this machine."""
    is_path = name.endswith("_file") or name == "model_base_path"
    return is_path and bool(value) and "://" not in value


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


def _not_known(name: str, kind: str, known: Sequence[str]) -> Problem:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        next_step = f"did you mean --{near[0]}?"
    elif kind == "embedded":
        next_step = "see tfx-pipeline serve --help"
    else:
        next_step = "leave it out, or add --server embedded"
    return Problem(f"the {kind} server has no flag --{name}", next_step=next_step)


def _usage(*problems: Problem) -> ConfigError:
    return ConfigError(problems, "the command line cannot be used")
