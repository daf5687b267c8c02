"""Where the model of a configuration is served from, on this machine."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.commands.arguments import DEFAULT_CONFIG
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.model_versions import versions_on_disk
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.processes.this_process import program


@dataclass(frozen=True)
class ServedModel:
    """The model of a configuration, which these words of printed commands name."""

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
    def version_label_file(self) -> VersionLabelFile:
        """The file of its version labels."""
        return VersionLabelFile(self.base, self.name)

    def versions(self) -> dict[int, Path]:
        """Find the versions, ascending.

        Raises:
            ConfigError: there is none.
        """
        versions = versions_on_disk(self.base)
        if not versions:
            next_step = self.command("run") if self.config_words else "make run"
            problem = Problem(
                "no version of the model is there", str(self.base), next_step=next_step
            )
            raise ConfigError([problem], f"there is no model `{self.name}` yet")
        return versions

    def command(self, *words: str) -> str:
        """Write a command of `tfx-pipeline` for the same configuration."""
        return shlex.join((program(), *words, *self.config_words))


def find_served_model(options: argparse.Namespace) -> ServedModel:
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
    return ServedModel(loaded.config, tuple(words))
