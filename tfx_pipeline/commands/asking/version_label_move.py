"""What `promote` and `rollback` do: move a version label, and see a running server follow.

A server refuses to move a label to a version that it has not loaded. So that version is listed
first, and the label is moved once the server says that it is available.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from dataclasses import dataclass

from tfx_pipeline.commands.asking.served_model import ServedModel
from tfx_pipeline.commands.asking.server import rest_client
from tfx_pipeline.commands.output import result_console
from tfx_pipeline.deployment.client import RestClient, UnreachableError
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.types import ModelSpec, StateName

_NOTICE_S = 10.0
"""How long a server may take to notice the file; `serve` lets it look every second."""
_FAILURE_S = 3.0
"""Until then a failure may be the one of an earlier attempt."""
_LOAD_S = 300.0
_PAUSE_S = 0.2
_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class VersionLabelMove:
    """A version label's move, while the server at `client` runs, if one does."""

    model: ServedModel
    client: RestClient
    version_label: str
    version: int


def check_version(version: int, model: ServedModel, place: str) -> None:
    """Check that a version is there.

    Raises:
        ConfigError: it is not.
    """
    versions = model.versions()
    if version not in versions:
        problem = Problem(
            f"`{model.name}` has no such version",
            place,
            str(version),
            ", ".join(map(str, versions)),
        )
        raise ConfigError([problem], "no such version")


def read_history(model: ServedModel) -> dict[str, list[int]]:
    """Read which versions each version label has named, the present one last.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        return model.version_label_file.history()
    except ServingError as error:
        raise ConfigError([Problem(error.message)], "the label file cannot be used") from error


def move_version_label(
    options: argparse.Namespace, model: ServedModel, version: int, *, is_back: bool
) -> None:
    """Move the version label of the options, and say what came of it.

    Raises:
        PipelineError: the server cannot load the version, or the file cannot be written.
    """
    console = result_console()
    before = read_history(model).get(options.label, [])[-1:]
    file = model.version_label_file
    with contextlib.closing(rest_client(options, _TIMEOUT_S)) as client:
        move = VersionLabelMove(model, client, options.label, version)
        try:
            note = _load_first(move)
            if is_back:
                file.move_back(options.label, version)
            elif before != [version]:
                file.move(options.label, version)
            else:
                file.follow()
            note = note or _see_followed(move)
        except OSError as error:
            problem = Problem(f"cannot be written: {error.strerror}", str(file.path))
            raise PipelineError([problem], "the label stays where it was") from error
    was = f" (was {before[0]})" if before and before[0] != version else ""
    console.out(f"{model.name}: {options.label} → {version}{was}")
    console.out(f"  {note}")
    console.out(f"  file: {model.config.shown(file.path)}")


def _load_first(move: VersionLabelMove) -> str:
    """Have a running server load the version; return a note when it cannot be made to.

    Raises:
        PipelineError: it tries to, and fails.
    """
    started, is_listed = time.monotonic(), False
    while True:
        try:
            states = {state.version: state for state in move.client.states(move.model.name)}
        except UnreachableError as error:
            serve = move.model.command("serve")
            return f"no server answers at {error.address}; the next one reads the file: {serve}"
        except ServingError as error:
            address = move.client.address
            return f"the server at {address} does not serve this model: {error.message}"
        state = states.get(move.version)
        waited = time.monotonic() - started
        if state and state.state is StateName.AVAILABLE:
            return ""
        if not is_listed:
            move.model.version_label_file.load_too(move.version)
            is_listed = True
        elif state and state.state is StateName.END and state.message and waited > _FAILURE_S:
            raise _not_loaded(move, f"{state.code.name}: {state.message}")
        elif waited > _NOTICE_S and (state is None or state.state is StateName.END):
            return _not_following(move)
        elif waited > _LOAD_S:
            raise _not_loaded(move, f"not available after {waited:.0f} s")
        time.sleep(_PAUSE_S)


def _not_loaded(move: VersionLabelMove, cause: str) -> PipelineError:
    move.model.version_label_file.follow()
    problem = Problem("the server cannot load it", f"version {move.version}", cause)
    return PipelineError([problem], f"the label `{move.version_label}` stays where it was")


def _see_followed(move: VersionLabelMove) -> str:
    """Wait until the label gives the version at the running server."""
    started = time.monotonic()
    spec = ModelSpec(move.model.name, version_label=move.version_label)
    while time.monotonic() - started < _NOTICE_S:
        with contextlib.suppress(ServingError):
            if move.client.metadata(spec).version == move.version:
                return f"the server at {move.client.address} follows"
        time.sleep(_PAUSE_S)
    return _not_following(move)


def _not_following(move: VersionLabelMove) -> str:
    serve = move.model.command("serve")
    return f"the server at {move.client.address} does not read the file; this one would: {serve}"
