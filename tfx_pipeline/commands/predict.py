"""`tfx-pipeline predict`: send rows to a server, by REST or gRPC, and print what it answers."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tfx_pipeline.commands.answer_tables import print_answers
from tfx_pipeline.commands.arguments import DEFAULT_CONFIG
from tfx_pipeline.commands.row_files import RawRow, read_rows
from tfx_pipeline.commands.rows import row_of_words, typed_rows
from tfx_pipeline.commands.served_model import (
    Deployment,
    explain,
    find_deployment,
    output,
    rest_client,
    security_of,
    with_errors_shown,
)
from tfx_pipeline.config.sections.data import CsvConfig
from tfx_pipeline.deployment.client import Client, DataType, ModelMetadata, UnreachableError
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import DEFAULT_SIGNATURE, ModelSpec, Signature
from tfx_pipeline.wording import counted, nearest

_BATCH = 256
_REFUSED = "the server does not take the rows"
_TABLE_ROWS = 20
_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Question:
    """Whom to ask, and how: `deployment` is absent where no configuration was needed."""

    client: Client
    spec: ModelSpec
    deployment: Deployment | None


@dataclass(frozen=True)
class Answer:
    """A row that was sent, and what came back."""

    row: Mapping[str, Any]
    values: Mapping[str, Any]


def predict(options: argparse.Namespace, words: list[str]) -> int:
    """Send the rows and print the answers; return the exit status."""
    return with_errors_shown(lambda: _predict(options, words))


def _predict(options: argparse.Namespace, words: list[str]) -> None:
    if bool(options.input) == bool(options.words):
        allowed = "--input FILE, or name=value words"
        problem = Problem("rows from one place are needed", None, None, allowed)
        raise ConfigError([problem], "the command line cannot be used")
    with contextlib.closing(_client(options)) as client:
        question = _question(options, words, client)
        try:
            metadata = client.metadata(question.spec)
            signature = _signature(metadata, question.spec)
            rows = _rows(options, signature, question.deployment)
            answers = _ask(question, signature, typed_rows(rows, signature.inputs))
            if options.json:
                _print_json(answers)
            else:
                _print_table(answers, metadata, question)
        except ServingError as error:
            raise _explained(error, question) from error


def _client(options: argparse.Namespace) -> Client:
    if not options.grpc:
        return rest_client(options, _TIMEOUT_S)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # its start is no answer
    from tfx_pipeline.deployment.grpc_client import GrpcClient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of TensorFlow's imports
        return GrpcClient(options.grpc, _TIMEOUT_S, security_of(options))


def _question(options: argparse.Namespace, words: list[str], client: Client) -> Question:
    deployment = None
    says_config = any(word.startswith("--config") for word in words)
    if not options.model or says_config or Path(DEFAULT_CONFIG).is_file():
        deployment = find_deployment(options)
    name = options.model or (deployment.name if deployment else "")
    spec = ModelSpec(name, options.version, options.label, options.signature or "")
    return Question(client, spec, deployment)


def _signature(metadata: ModelMetadata, spec: ModelSpec) -> Signature:
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


def _rows(
    options: argparse.Namespace, signature: Signature, deployment: Deployment | None
) -> Iterable[RawRow]:
    if options.words:
        return [row_of_words(options.words, signature.inputs)]
    limit = options.limit
    if limit is None and not options.json:
        limit = _TABLE_ROWS
    csv = deployment.config.data.csv if deployment else CsvConfig()
    numbers = [name for name, spec in signature.inputs.items() if spec.dtype != DataType.DT_STRING]
    return islice(read_rows(options.input, CsvFormat(**csv.model_dump()), numbers), limit)


def _ask(
    question: Question, signature: Signature, rows: Iterator[dict[str, Any]]
) -> Iterator[Answer]:
    while batch := list(islice(rows, _BATCH)):
        answers = question.client.predict(question.spec, signature, batch)
        yield from map(Answer, batch, answers)


def _print_json(answers: Iterator[Answer]) -> None:
    console = output()
    for answer in answers:
        console.out(json.dumps(answer.values, ensure_ascii=False))


def _print_table(answers: Iterator[Answer], metadata: ModelMetadata, question: Question) -> None:
    started = time.monotonic()
    all_answers = list(answers)
    took = (time.monotonic() - started) * 1000
    console = output()
    print_answers(console, [(each.row, each.values) for each in all_answers])
    rows = counted(len(all_answers), "row", separator="")
    console.out(
        f"{rows} by {question.spec.name} version "
        f"{metadata.version} at {question.client.address}, {took:.0f} ms"
    )


def _explained(error: ServingError, question: Question) -> PipelineError:
    """Say which of model, version and label the server does not know, and what it does."""
    spec, address = question.spec, question.client.address
    listing = question.deployment.command("models") if question.deployment else None
    if isinstance(error, UnreachableError) or error.code not in (
        Code.NOT_FOUND,
        Code.INVALID_ARGUMENT,
    ):
        return explain(error, question.deployment)
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
    if spec.label and "label" in error.message:
        what = f"the server at {address} knows no label `{spec.label}` of `{spec.name}`"
        problem = Problem(what, None, error.message, _labels(question), listing)
        return PipelineError([problem], _REFUSED)
    return explain(error, question.deployment)


def _labels(question: Question) -> str | None:
    if question.deployment is None:
        return None
    labels = question.deployment.label_file.labels()
    return ", ".join(f"{label} → {version}" for label, version in labels.items()) or "no label yet"
