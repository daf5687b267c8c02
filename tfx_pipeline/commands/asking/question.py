"""A question to a model on a server: with which signature, and what it is when it is refused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tfx_pipeline.commands.asking.server import explain
from tfx_pipeline.commands.served_model import ServedModel
from tfx_pipeline.deployment.client import Client, ModelMetadata, UnreachableError
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, ModelSpec, Signature
from tfx_pipeline.wording import nearest

_BATCH = 256
_REFUSED = "the server does not take the rows"


@dataclass(frozen=True)
class Question:
    """Whom to ask, and how: `model` is absent where no configuration was needed."""

    client: Client
    spec: ModelSpec
    model: ServedModel | None


@dataclass(frozen=True)
class Answer:
    """A row that was sent, and what came back."""

    row: Mapping[str, Any]
    values: Mapping[str, Any]


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
    """Send rows, some at a time; give each with its answer."""
    while batch := list(islice(rows, _BATCH)):
        answers = question.client.predict(question.spec, signature, batch)
        yield from map(Answer, batch, answers)


@contextlib.contextmanager
def refusals_explained(question: Question) -> Iterator[None]:
    """Put the errors of the server into the user's terms."""
    try:
        yield
    except ServingError as error:
        raise _explained(error, question) from error


def _explained(error: ServingError, question: Question) -> PipelineError:
    """Say which of model, version and version label the server does not know, and what it does."""
    spec, address = question.spec, question.client.address
    listing = question.model.command("models") if question.model else None
    if isinstance(error, UnreachableError) or error.code not in (
        Code.NOT_FOUND,
        Code.INVALID_ARGUMENT,
    ):
        return explain(error, question.model)
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
        problem = Problem(what, None, error.message, _version_labels(question), listing)
        return PipelineError([problem], _REFUSED)
    return explain(error, question.model)


def _version_labels(question: Question) -> str | None:
    if question.model is None:
        return None
    version_labels = question.model.version_label_file.version_labels()
    return ", ".join(f"{x} → {version}" for x, version in version_labels.items()) or "no label yet"
