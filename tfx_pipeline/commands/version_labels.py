"""`tfx-pipeline promote` and `rollback`: move a label, and see a running server follow.

A server refuses to move a label to a version that it has not loaded. So that version is listed
first, and the label is moved once the server says that it is available.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from dataclasses import dataclass

from tfx_pipeline.commands.served_model import (
    Deployment,
    find_deployment,
    output,
    rest_client,
    with_errors_shown,
)
from tfx_pipeline.deployment.client import RestClient, UnreachableError
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.types import ModelSpec, StateName

_LABEL_CHARACTERS = "/:"  # a URL could not name it
_NOTICE_S = 10.0
"""How long a server may take to notice the file; `serve` lets it look every second."""
_FAILURE_S = 3.0
"""Until then a failure may be the one of an earlier attempt."""
_LOAD_S = 300.0
_PAUSE_S = 0.2
_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Move:
    """A label's move in a deployment, while the server at `client` runs, if one does."""

    deployment: Deployment
    client: RestClient
    label: str
    version: int

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.deployment.name


def promote(options: argparse.Namespace) -> int:
    """Let a label name a version; return the exit status."""
    return with_errors_shown(lambda: _promote(options))


def rollback(options: argparse.Namespace) -> int:
    """Move a label to the version before, or to another one; return the exit status."""
    return with_errors_shown(lambda: _rollback(options))


def _promote(options: argparse.Namespace) -> None:
    deployment = find_deployment(options)
    versions = deployment.versions()
    if not options.label or set(options.label) & set(_LABEL_CHARACTERS):
        problem = Problem("not a label", "--label", options.label, "no `/` and no `:`")
        raise ConfigError([problem], "the command line cannot be used")
    version = options.version if options.version is not None else max(versions)
    _check_version(version, deployment, "--version")
    _move_label(options, deployment, version, is_back=False)


def _rollback(options: argparse.Namespace) -> None:
    deployment = find_deployment(options)
    deployment.versions()
    history = _history(deployment)
    if options.label not in history:
        labels = ", ".join(history) or "no label yet"
        next_step = deployment.command("promote", "--label", options.label)
        what = f"the label `{options.label}` names no version"
        raise ConfigError([Problem(what, None, None, labels, next_step)], "nothing to roll back")
    version = options.to
    if version is None:
        version = _version_before(deployment, options.label, history[options.label])
    _check_version(version, deployment, "--to")
    _move_label(options, deployment, version, is_back=True)


def _version_before(deployment: Deployment, label: str, named: list[int]) -> int:
    """Give the latest of the label's earlier versions that is still there."""
    versions = deployment.versions()
    earlier = [version for version in named[:-1] if version in versions]
    if not earlier:
        problem = Problem(
            f"no earlier version of `{label}` is known or left",
            received=f"{label} → {named[-1]}",
            allowed=", ".join(str(x) for x in versions if x != named[-1]) or "no other version",
            next_step="choose one: --to N",
        )
        raise ConfigError([problem], "nothing to roll back to")
    return earlier[-1]


def _check_version(version: int, deployment: Deployment, place: str) -> None:
    versions = deployment.versions()
    if version not in versions:
        problem = Problem(
            f"`{deployment.name}` has no such version",
            place,
            str(version),
            ", ".join(map(str, versions)),
        )
        raise ConfigError([problem], "no such version")


def _history(deployment: Deployment) -> dict[str, list[int]]:
    try:
        return deployment.label_file.history()
    except ServingError as error:
        raise ConfigError([Problem(error.message)], "the label file cannot be used") from error


def _move_label(
    options: argparse.Namespace, deployment: Deployment, version: int, *, is_back: bool
) -> None:
    console = output()
    before = _history(deployment).get(options.label, [])[-1:]
    file = deployment.label_file
    with contextlib.closing(rest_client(options, _TIMEOUT_S)) as client:
        move = Move(deployment, client, options.label, version)
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
    console.out(f"{deployment.name}: {options.label} → {version}{was}")
    console.out(f"  {note}")
    console.out(f"  file: {deployment.shown(file.path)}")


def _load_first(move: Move) -> str:
    """Have a running server load the version; return a note when it cannot be made to.

    Raises:
        PipelineError: it tries to, and fails.
    """
    started, is_listed = time.monotonic(), False
    while True:
        try:
            states = {state.version: state for state in move.client.states(move.name)}
        except UnreachableError as error:
            serve = move.deployment.command("serve")
            return f"no server answers at {error.address}; the next one reads the file: {serve}"
        except ServingError as error:
            address = move.client.address
            return f"the server at {address} does not serve this model: {error.message}"
        state = states.get(move.version)
        waited = time.monotonic() - started
        if state and state.state is StateName.AVAILABLE:
            return ""
        if not is_listed:
            move.deployment.label_file.load_too(move.version)
            is_listed = True
        elif state and state.state is StateName.END and state.message and waited > _FAILURE_S:
            raise _not_loaded(move, f"{state.code.name}: {state.message}")
        elif waited > _NOTICE_S and (state is None or state.state is StateName.END):
            return _not_following(move)
        elif waited > _LOAD_S:
            raise _not_loaded(move, f"not available after {waited:.0f} s")
        time.sleep(_PAUSE_S)


def _not_loaded(move: Move, cause: str) -> PipelineError:
    move.deployment.label_file.follow()
    problem = Problem("the server cannot load it", f"version {move.version}", cause)
    return PipelineError([problem], f"the label `{move.label}` stays where it was")


def _see_followed(move: Move) -> str:
    """Wait until the label gives the version at the running server."""
    started = time.monotonic()
    spec = ModelSpec(move.name, version_label=move.label)
    while time.monotonic() - started < _NOTICE_S:
        with contextlib.suppress(ServingError):
            if move.client.metadata(spec).version == move.version:
                return f"the server at {move.client.address} follows"
        time.sleep(_PAUSE_S)
    return _not_following(move)


def _not_following(move: Move) -> str:
    serve = move.deployment.command("serve")
    return f"the server at {move.client.address} does not read the file; this one would: {serve}"
