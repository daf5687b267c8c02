"""`tfx-pipeline compile`: write a pipeline for the environment's target."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.errors import ExitStatus, PipelineError, Problem
from tfx_pipeline.patches.process_settings import fast_imports
from tfx_pipeline.runners.cluster.compile import (
    Compiled,
    check_target,
    compile_pipeline,
    target_to_compile,
)
from tfx_pipeline.runners.input_table import checked_table
from tfx_pipeline.runners.steps.console import RunConsole
from tfx_pipeline.runners.steps.failure import explain_failure
from tfx_pipeline.runners.steps.own_command import program
from tfx_pipeline.targets.rules import Target


def compile_command(options: argparse.Namespace, words: Sequence[str]) -> int:
    """Compile; say where the file is and what to do with it."""
    console = RunConsole()
    try:
        loaded = load_config(options.config, options.env, options.overrides)
        target: Target = options.target or target_to_compile(loaded.config)
        output = Path(options.output) if options.output else None
        compiled = compile_with_log(loaded, target, output, console, upload=options.upload)
    except PipelineError as error:
        console.error(error)
        return int(error.exit_status)
    _show(console, loaded, compiled, options.upload, words)
    return int(ExitStatus.OK)


def compile_with_log(
    loaded: LoadedConfig,
    target: Target,
    output: Path | None,
    console: RunConsole,
    *,
    upload: bool,
) -> Compiled:
    """Compile with what TFX prints in a log file, and warnings on the standard error.

    Raises:
        PipelineError: see `compile_pipeline`; nothing else.
    """
    config = loaded.config
    table = checked_table(loaded)
    warnings = check_target(loaded, target, table.rows)
    show_warnings(warnings)
    console.line(f"{config.name}: {table.rows:,} rows from {config.data.path}, for {target}")
    for note in table.notes:
        console.line(f"  note: {note}")
    descriptor, name = tempfile.mkstemp(prefix="tfx-pipeline-compile-", suffix=".log")
    os.close(descriptor)
    log = Path(name)
    try:
        with console.others_log_to(log), console.working("compiling"), fast_imports():
            compiled = compile_pipeline(loaded, table, target, output, upload=upload)
    except PipelineError:
        log.unlink()
        raise
    except Exception as error:
        with log.open("a", encoding="utf-8") as stream:
            traceback.print_exc(file=stream)
        console.line(f"full log: {log}")
        again = shlex.join([program(), *sys.argv[1:]])
        raise explain_failure("compiling", error, config.root, again) from error
    log.unlink()
    return compiled


def show_warnings(warnings: Sequence[Problem]) -> None:
    """Print what the target does otherwise than the configuration says."""
    for warning in warnings:
        sys.stderr.write(f"warning: {warning}\n")
    sys.stderr.flush()


def _show(
    console: RunConsole,
    loaded: LoadedConfig,
    compiled: Compiled,
    uploaded: bool,
    words: Sequence[str],
) -> None:
    there = "uploaded" if uploaded else "not there yet: --upload, or submit, brings it"
    pairs = [("written", loaded.config.shown(compiled.file))]
    if compiled.ir_place:
        pairs.append(("IR", f"{compiled.ir_place} ({there})"))
    pairs.append(("table", f"{compiled.inputs.table_folder} ({there})"))
    if compiled.target == "ir":
        pairs[-1] = ("table", compiled.inputs.table_folder)
        run = [program(), "node", "--ir", str(compiled.file), "--node-id", "CsvExampleGen"]
        pairs.append(("next", shlex.join([*run, "--run-id", "first"])))
    else:
        kept = _without_output(words)
        pairs.append(("next", shlex.join([program(), "submit", *kept])))
    console.pairs(pairs)


def _without_output(words: Sequence[str]) -> list[str]:
    """Leave out the subcommand and what `submit` does by itself."""
    kept: list[str] = []
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word in ("-o", "--output"):
            skip = True
        elif not word.startswith(("--output=", "-o")) and word != "--upload":
            kept.append(word)
    return kept
