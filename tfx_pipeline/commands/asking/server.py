"""The server that the command line names: its client, how a model on it is asked, its refusals."""

from __future__ import annotations

import argparse
import shlex
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from tfx_pipeline.commands.asking.served_model import ServedModel
from tfx_pipeline.deployment.client import (
    Client,
    ModelMetadata,
    RestClient,
    Security,
    UnreachableError,
)
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.patches.process_settings import hush_tensorflow
from tfx_pipeline.processes.this_process import program
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, ModelSpec, Signature, VersionState
from tfx_pipeline.wording import nearest

_BATCH = 256
_REFUSED = "the server does not take the rows"
_UNUSABLE = "the command line cannot be used"

Answer: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A row that was sent, and what came back."""


@dataclass(frozen=True)
class Question:
    """Whom to ask, and how: `model` is absent where no configuration was needed."""

    client: Client
    spec: ModelSpec
    model: ServedModel | None


def named_client(options: argparse.Namespace, timeout_s: float) -> Client:
    """Make the client for the server that `--grpc` names, or else `--url`.

    Raises:
        ConfigError: its URL, token or authorities cannot be used.
    """
    if not options.grpc:
        return rest_client(options, timeout_s)
    hush_tensorflow()
    from tfx_pipeline.deployment.grpc_client import GrpcClient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of TensorFlow's imports
        return GrpcClient(options.grpc, timeout_s, _security(options))


def rest_client(options: argparse.Namespace, timeout_s: float) -> RestClient:
    """Make the client for the server that `--url` names.

    Raises:
        ConfigError: its URL, token or authorities cannot be used.
    """
    try:
        return RestClient(options.url, timeout_s, _security(options))
    except ValueError as error:
        problem = Problem(str(error), "--url", allowed="http://host:port")
        raise ConfigError([problem], _UNUSABLE) from error


def version_states(client: RestClient, name: str) -> tuple[dict[int, VersionState], str]:
    """Ask a server for the states of a model's versions; say what came of it."""
    try:
        states = client.states(name)
    except UnreachableError:
        return {}, f"no server answers at {client.address}"
    except ServingError as error:
        return {}, f"the server at {client.address} says: {error.message}"
    return {state.version: state for state in states}, f"states: the server at {client.address}"


def _security(options: argparse.Namespace) -> Security:
    """Read the token, and check that the authorities' file is there."""
    files = {"--token-file": options.token_file, "--ca-file": options.ca_file}
    texts: dict[str, str] = {}
    for argument, file in files.items():
        try:
            texts[argument] = Path(file).read_text(encoding="utf-8").strip() if file else ""
        except (OSError, UnicodeDecodeError) as error:
            problem = Problem(f"cannot be read: {error}", argument)
            raise ConfigError([problem], _UNUSABLE) from error
    return Security(texts["--token-file"] or None, options.ca_file)


def choose_signature(metadata: ModelMetadata, spec: ModelSpec) -> Signature:
    """Find the signature that was asked for; one without inputs cannot be called."""
    name = spec.signature_name or DEFAULT_SIGNATURE
    callable_ones = {key: each for key, each in metadata.signatures.items() if each.inputs}
    if name not in callable_ones:
        known = ", ".join(sorted(callable_ones))
        problem = Problem(
            f"the model has no signature `{name}`", None, None, known, nearest(name, callable_ones)
        )
        raise ConfigError([problem], "the model cannot be asked that")
    return callable_ones[name]


def ask(
    question: Question, signature: Signature, rows: Iterator[dict[str, Any]]
) -> Iterator[Answer]:
    """Send rows, some at a time."""
    while batch := list(islice(rows, _BATCH)):
        answers = question.client.predict(question.spec, signature, batch)
        yield from zip(batch, answers, strict=False)


def explained_refusal(error: ServingError, question: Question) -> PipelineError:
    """Say which of model, version and version label the server does not know, and what it does."""
    spec, address = question.spec, question.client.address
    listing = question.model.command("models") if question.model else None
    if isinstance(error, UnreachableError) or error.code not in (
        Code.NOT_FOUND,
        Code.INVALID_ARGUMENT,
    ):
        return _explain(error, question.model)
    try:
        states = question.client.states(spec.name)
    except ServingError:
        what = f"the server at {address} has no model `{spec.name}`"
        next_step = "name it by --model, or by the configuration that it was served with"
        return PipelineError([Problem(what, received=error.message, next_step=next_step)], _REFUSED)
    known = ", ".join(f"{x.version} ({x.state.name})" for x in states)
    if spec.version is not None and error.code is Code.NOT_FOUND:
        what = f"the server at {address} does not serve version {spec.version} of `{spec.name}`"
        return PipelineError([Problem(what, None, error.message, known, listing)], _REFUSED)
    if spec.version_label and "label" in error.message:
        what = f"the server at {address} knows no label `{spec.version_label}` of `{spec.name}`"
        allowed = None
        if question.model:
            named = question.model.version_label_file.version_labels().items()
            allowed = ", ".join(f"{x} → {version}" for x, version in named) or "no label yet"
        return PipelineError([Problem(what, None, error.message, allowed, listing)], _REFUSED)
    return _explain(error, question.model)


def _explain(error: ServingError, model: ServedModel | None) -> PipelineError:
    """Put an error of a server into the user's terms."""
    if isinstance(error, UnreachableError):
        start = model.command("serve") if model else shlex.join((program(), "serve"))
        problem = Problem(error.message, next_step=f"start one in another terminal: {start}")
        return PipelineError([problem], "no server answers")
    next_step = "--token-file FILE" if error.code is Code.UNAUTHENTICATED else None
    problem = Problem(error.message, received=error.code.name, next_step=next_step)
    return PipelineError([problem], "the server refused the request")
