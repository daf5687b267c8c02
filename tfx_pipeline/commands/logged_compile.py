"""Compiling as `compile` and `submit` do it: warnings are shown, and TFX prints into a log file."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
import traceback
from pathlib import Path

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.errors import PipelineError
from tfx_pipeline.patches.process_settings import fast_imports
from tfx_pipeline.processes.this_process import program
from tfx_pipeline.runners.cluster.compile import Compiled, check_target, compile_pipeline
from tfx_pipeline.runners.input_table import CheckedTable, known_table
from tfx_pipeline.runners.steps.console import RunConsole
from tfx_pipeline.runners.steps.failure import explain_failure
from tfx_pipeline.targets.rules import Target
from tfx_pipeline.wording import counted


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
    # A query is asked once, and files that are sent are read once.
    is_copied = upload or target == "ir" or loaded.config.data.source is not None
    with tempfile.TemporaryDirectory(prefix="tfx-table-") as staging:
        checked = known_table(loaded, Path(staging) if is_copied else None)
        return _compile(loaded, checked, target, output, console, upload=upload)


def _compile(
    loaded: LoadedConfig,
    checked: CheckedTable | None,
    target: Target,
    output: Path | None,
    console: RunConsole,
    *,
    upload: bool,
) -> Compiled:
    config = loaded.config
    table = checked.table if checked else None
    for warning in check_target(loaded, target, table.rows if table else None):
        sys.stderr.write(f"warning: {warning}\n")
    sys.stderr.flush()
    rows = f"{table.rows:,} rows" if table else "rows"
    console.line(f"{config.name}: {rows} from {config.data.name}, for {target}")
    for note in table.notes if table else ():
        console.line(f"  note: {note}")
    descriptor, name = tempfile.mkstemp(prefix="tfx-pipeline-compile-", suffix=".log")
    os.close(descriptor)
    log = Path(name)
    try:
        with console.others_log_to(log), console.working("compiling"), fast_imports():
            compiled = compile_pipeline(loaded, table, target, output, upload=upload)
            place = checked.keep_aside(config.root_uri) if checked and upload else ""
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
    if checked and place:
        console.line(f"  quarantined: {counted(len(checked.aside), 'row')}, see {place}")
    for warning in compiled.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    return compiled
