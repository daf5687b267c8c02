"""Where the model of a configuration is served from, and what all serving commands share."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tfx_pipeline.commands.arguments import DEFAULT_CONFIG
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.client import RestClient, Security, UnreachableError
from tfx_pipeline.deployment.version_label_file import LabelFile, versions_on_disk
from tfx_pipeline.errors import ConfigError, ExitStatus, PipelineError, Problem
from tfx_pipeline.processes.descriptors import redirect
from tfx_pipeline.processes.own_command import program
from tfx_pipeline.serving.errors import Code, ServingError

_UNUSABLE = "the command line cannot be used"


@dataclass(frozen=True)
class Deployment:
    """A model's folder on this machine.

    Attributes:
        config: the configuration that names it.
        config_words: the arguments that name the configuration, for printed commands.
    """

    config: PipelineConfig
    config_words: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name under which the model is served."""
        return self.config.model_name

    @property
    def base(self) -> Path:
        """Folder of the versions."""
        return self.config.serving_directory

    @property
    def label_file(self) -> LabelFile:
        """The file of its labels."""
        return LabelFile(self.base, self.name)

    def versions(self) -> dict[int, Path]:
        """Find the versions, ascending.

        Raises:
            ConfigError: there is none.
        """
        versions = versions_on_disk(self.base)
        if not versions:
            problem = Problem(
                "no version of the model is there", str(self.base), next_step=self.first_step()
            )
            raise ConfigError([problem], f"there is no model `{self.name}` yet")
        return versions

    def first_step(self) -> str:
        """Write the command that makes a model."""
        if self.config_words:
            return shlex.join((program(), "run", *self.config_words))
        return "make run"

    def command(self, *words: str) -> str:
        """Write a command of `tfx-pipeline` for the same configuration."""
        return shlex.join((program(), *words, *self.config_words))

    def shown(self, path: Path) -> str:
        """Write a path below the project's root without that root."""
        return self.config.shown(path)


def find_deployment(options: argparse.Namespace) -> Deployment:
    """Read the configuration that the command line names.

    Raises:
        ConfigError: it cannot be used.
    """
    loaded = load_config(options.config, options.env, options.overrides)
    words: list[str] = []
    if options.config != DEFAULT_CONFIG:
        words.append(f"--config={options.config}")
    if options.env != "local":
        words.append(f"--env={options.env}")
    words.extend(f"--set={override}" for override in options.overrides)
    return Deployment(loaded.config, tuple(words))


def rest_client(options: argparse.Namespace, timeout_s: float) -> RestClient:
    """Make the client for the server that the command line names.

    Raises:
        ConfigError: its URL, token or authorities cannot be used.
    """
    try:
        return RestClient(options.url, timeout_s, security_of(options))
    except ValueError as error:
        problem = Problem(str(error), "--url", allowed="http://host:port")
        raise ConfigError([problem], _UNUSABLE) from error


def security_of(options: argparse.Namespace) -> Security:
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


def output() -> Console:
    """Make the console for results: as wide as the terminal, or 120 columns of plain text."""
    width = None if sys.stdout.isatty() else 120
    return Console(highlight=False, soft_wrap=True, width=width, emoji=False)


def with_errors_shown(command: Callable[[], None]) -> int:
    """Run a command; say on the standard error what went wrong; return the exit status."""
    try:
        command()
    except PipelineError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_status)
    except BrokenPipeError:  # whoever read the output has seen enough
        redirect(1, to=os.open(os.devnull, os.O_WRONLY))
        return int(ExitStatus.OK)
    return int(ExitStatus.OK)


def explain(error: ServingError, deployment: Deployment | None) -> PipelineError:
    """Put an error of a server into the user's terms."""
    if isinstance(error, UnreachableError):
        start = deployment.command("serve") if deployment else shlex.join((program(), "serve"))
        problem = Problem(error.message, next_step=f"start one in another terminal: {start}")
        return PipelineError([problem], "no server answers")
    next_step = "--token-file FILE" if error.code is Code.UNAUTHENTICATED else None
    problem = Problem(error.message, received=error.code.name, next_step=next_step)
    return PipelineError([problem], "the server refused the request")
