"""The server that the command line names: its client, and what its errors mean to a user."""

from __future__ import annotations

import argparse
import shlex
import warnings
from pathlib import Path

from tfx_pipeline.commands.served_model import ServedModel
from tfx_pipeline.deployment.client import Client, Security, UnreachableError
from tfx_pipeline.deployment.rest_client import RestClient
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.patches.process_settings import hush_tensorflow
from tfx_pipeline.processes.this_process import program
from tfx_pipeline.serving.errors import Code, ServingError

_UNUSABLE = "the command line cannot be used"


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


def _security(options: argparse.Namespace) -> Security:
    """Read the token, and check that the authorities' file is there.

    Raises:
        ConfigError: one of them cannot be read.
    """
    files = {"--token-file": options.token_file, "--ca-file": options.ca_file}
    texts: dict[str, str] = {}
    for argument, file in files.items():
        try:
            texts[argument] = Path(file).read_text(encoding="utf-8").strip() if file else ""
        except (OSError, UnicodeDecodeError) as error:
            problem = Problem(f"cannot be read: {error}", argument)
            raise ConfigError([problem], _UNUSABLE) from error
    return Security(texts["--token-file"] or None, options.ca_file)


def explain(error: ServingError, model: ServedModel | None) -> PipelineError:
    """Put an error of a server into the user's terms."""
    if isinstance(error, UnreachableError):
        start = model.command("serve") if model else shlex.join((program(), "serve"))
        problem = Problem(error.message, next_step=f"start one in another terminal: {start}")
        return PipelineError([problem], "no server answers")
    next_step = "--token-file FILE" if error.code is Code.UNAUTHENTICATED else None
    problem = Problem(error.message, received=error.code.name, next_step=next_step)
    return PipelineError([problem], "the server refused the request")
