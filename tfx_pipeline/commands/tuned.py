"""`tfx-pipeline tuned`: the settings that a search found, for the configuration."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import print_json, result_console, with_errors_shown
from tfx_pipeline.errors import ConfigError, Problem

if TYPE_CHECKING:
    from tfx_pipeline.config.root import PipelineConfig
    from tfx_pipeline.modules.trials.findings import FamilyFindings

_EPILOG = """\
A run with `model.budget` looks for settings of the model first, and trains with what it found. What
is written here is found again by no run: it stands in the configuration from then on.

examples:
  tfx-pipeline run --set model.budget=10m
  tfx-pipeline tuned
  tfx-pipeline tuned --write
"""


def add_parser(commands: Commands) -> None:
    """Add `tuned`."""
    help_text = "show what the last search for settings found, or write it into the configuration"
    parser = add_command(commands, "tuned", help_text, tuned_command, _EPILOG)
    parser.add_argument("--write", action="store_true", help="write it into the configuration")
    parser.add_argument("--json", action="store_true", help="print a JSON document")


@with_errors_shown
def tuned_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Print what was found, and write it where that is asked for."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.modules.trials.findings import in_words

    config = load_config(options.config, options.env, options.overrides).config
    run_id, found = _last_search(config)
    setting = {path: value for each in found for path, value in each.setting.items()}
    written = options.write and bool(setting)
    if written:
        _write(Path(options.config), setting)
    if options.json:
        document = {"pipeline": config.name, "run_id": run_id, "families": found}
        print_json({**document, "setting": setting, "written": written})
        return
    console = result_console()
    console.out(f"{config.name}: found by run {run_id}")
    for each in found:
        console.out(f"  {in_words(each)}")
        for path, value in each.setting.items():
            console.out(f"      model.{path}: {value:.6g}")
    if written:
        console.out(f"written into {options.config}")
    elif options.write:
        console.out("nothing was written: nothing was better than what is configured")


def _last_search(config: PipelineConfig) -> tuple[str, list[FamilyFindings]]:
    """Find the newest run with a search whose results are there."""
    from tfx_pipeline.modules.trials.findings import read_findings
    from tfx_pipeline.runners.metadata.run_summaries import run_summaries

    for run in run_summaries(config):
        place = run.artifacts.get("Tuner.tuner_results")
        if place and Path(place).is_dir():
            return run.run_id, read_findings(Path(place))
    step = "run with a budget: tfx-pipeline run --set model.budget=10m"
    place = config.shown(config.pipeline_root / "runs")
    raise ConfigError([Problem("no run has searched", place, next_step=step)], "nothing was found")


def _write(file: Path, setting: dict[str, Any]) -> None:
    """Put the settings into the file of the configuration, which must stay one."""
    from tfx_pipeline.config.loader import loaded_text
    from tfx_pipeline.storage.local_files import write_atomically
    from tfx_pipeline.tables.writing.found_settings import with_model_settings

    text = with_model_settings(file.read_text(encoding="utf-8"), setting, str(file))
    loaded_text(text, file, str(file))
    write_atomically(file, text)
