"""Run a pipeline on this machine, from the configuration to a pushed, smoke-queried model."""

from __future__ import annotations

import contextlib
import re
import shlex
import signal
from collections.abc import Iterator
from datetime import datetime

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.candidate_server import offered
from tfx_pipeline.errors import ConfigError, DataError, ExitStatus, PipelineError, Problem
from tfx_pipeline.patches.process_settings import fast_imports
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.processes.this_process import signals_handled
from tfx_pipeline.processes.waiting_process import WaitingProcess
from tfx_pipeline.runners.beam.engine_check import check_engine
from tfx_pipeline.runners.input_files import find_input_files
from tfx_pipeline.runners.input_table import check_rows
from tfx_pipeline.runners.local.located_anomalies import located
from tfx_pipeline.runners.local.outcome_message import show_outcome, show_up_to_date
from tfx_pipeline.runners.local.run_record import RunOptions, RunRecord, input_folder
from tfx_pipeline.runners.local.up_to_date import (
    early_fingerprint,
    latest_good_run,
    remember_good_run,
)
from tfx_pipeline.runners.metadata.file_lock import run_lock
from tfx_pipeline.runners.metadata.sqlite_file import check_sqlite_file
from tfx_pipeline.runners.steps.console import RunConsole
from tfx_pipeline.runners.steps.failure import explain_failure
from tfx_pipeline.targets.conformance import check_runs_here
from tfx_pipeline.wording import nearest

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def run_locally(loaded: LoadedConfig, options: RunOptions, console: RunConsole) -> ExitStatus:
    """Check, run, and show what came of it.

    Raises:
        PipelineError: the configuration or the table cannot be used, a step failed, or a gate
            refused; what is known by then has been shown and written to the run's summary.
    """
    config = loaded.config
    check_runs_here(loaded)
    check_sqlite_file(
        config.path(config.environment.metadata.path),
        loaded.source.place(("environment", "metadata", "path")),
    )
    _check_options(config, options)
    check_engine(config)
    files = fingerprint = None
    if config.data.source is None:
        with console.working("looking at the table"):
            files = find_input_files(loaded)
        fingerprint = early_fingerprint(config, files.digest)
        if _is_up_to_date(config, options, fingerprint, console):
            return ExitStatus.OK
    with console.working("reading the table"):
        checked = check_rows(loaded, input_folder(config), files)
    table = checked.table
    if files is None:  # what a query gives is known when it was read
        fingerprint = early_fingerprint(config, table.digest)
        if _is_up_to_date(config, options, fingerprint, console):
            return ExitStatus.OK
    run_id = options.run_id or datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    record = RunRecord(config, options, table, run_id, loaded.source.place)
    record.outcome.notes += table.notes
    record.outcome.data_tests = [result.facts() for result in table.tests]
    _make_folders(record)
    record.outcome.quarantine = checked.keep_aside(str(config.pipeline_root))
    if files:
        files.remember(config)
    with run_lock(config.path(config.environment.metadata.path), run_id):
        _run(record, console)
    if fingerprint and record.outcome.status == "pushed" and not options.is_partial:
        remember_good_run(config, fingerprint, record.folder / "summary.json")
    return ExitStatus.REFUSED if record.outcome.status == "refused" else ExitStatus.OK


def _is_up_to_date(
    config: PipelineConfig, options: RunOptions, fingerprint: str | None, console: RunConsole
) -> bool:
    """Tell, and say, that the run would change nothing."""
    if not fingerprint or not config.environment.cache or options.is_partial:
        return False
    known = latest_good_run(config, fingerprint)
    if known:
        show_up_to_date(console, config, known)
    return known is not None


def _run(record: RunRecord, console: RunConsole) -> None:
    """Run the steps with everyone else's output in the log; leave a summary in any case."""
    config = record.config
    console.line(
        f"{config.name}: {record.table.rows_read:,} rows from {config.data.name},"
        f" run {record.run_id}"
    )
    console.line(f"full log: {config.shown(record.log_file)}")
    console.line()
    try:
        with (
            console.others_log_to(record.log_file),
            signals_handled(_interrupt, signal.SIGTERM),
        ):
            with console.working("importing TensorFlow"), fast_imports():
                import tensorflow  # noqa: F401
            # Both begin now: they have TensorFlow, and not what TFX adds to it.
            with contextlib.closing(WaitingProcess("smoke query")) as smoke, _ready_server(config):
                with console.working("importing TFX"), fast_imports():
                    from tfx_pipeline.runners.local.tfx_session import TfxSession
                TfxSession(record, console, smoke).run()
    except KeyboardInterrupt:
        record.outcome.status = "interrupted"
        command = shlex.join(record.options.command)
        console.line(f"interrupted; nothing was half-published. To go on: {command}")
        raise
    except DataError as error:
        record.outcome.status = "refused"
        raise located(error, record) from None
    except PipelineError:
        raise
    except Exception as error:
        command = shlex.join(record.options.command)
        raise explain_failure("the run", error, config.root, command) from error
    finally:
        # A second Ctrl-C, or a SIGTERM after it, must not keep the summary from being written.
        with signals_handled(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM):
            record.write_summary()
    show_outcome(console, record)


@contextlib.contextmanager
def _ready_server(config: PipelineConfig) -> Iterator[None]:
    """Offer a process in which the embedded server starts without an import of TensorFlow."""
    if config.push.infra_check.server not in ("auto", "embedded"):
        with offered(None):
            yield
        return
    with contextlib.closing(WaitingProcess("model server")) as process, offered(process):
        yield


def _check_options(config: PipelineConfig, options: RunOptions) -> None:
    nodes = step_order(config)
    problems = [
        Problem("no such step", f"--{name}", value, ", ".join(nodes), nearest(value, nodes))
        for name, value in (("from", options.from_node), ("to", options.to_node))
        if value is not None and value not in nodes
    ]
    if options.run_id is not None and not _RUN_ID.fullmatch(options.run_id):
        allowed = "letters, digits, `.`, `_` and `-`, 100 at most"
        problems.append(Problem("not a run id", "--run-id", options.run_id, allowed))
    elif options.run_id and (config.pipeline_root / "runs" / options.run_id).exists():
        problems.append(Problem("this run id was used before", "--run-id", options.run_id))
    first, last = options.from_node or nodes[0], options.to_node or nodes[-1]
    if not problems and nodes.index(first) > nodes.index(last):
        order = " → ".join(nodes)
        problems.append(Problem("--from comes after --to", None, f"{first} … {last}", order))
    if problems:
        raise ConfigError(problems, "the command line cannot be used")


def _make_folders(record: RunRecord) -> None:
    """Make the places where this run writes, before anything expensive starts."""
    config = record.config
    metadata_file = config.path(config.environment.metadata.path)
    for folder in (record.folder, metadata_file.parent, config.serving_directory):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".writable-{record.run_id}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            problem = Problem(
                "this folder cannot be written to",
                str(folder),
                error.strerror,
                next_step="change its rights or free space, or choose another place by "
                "environment.pipeline_root, environment.metadata.path or push.base_directory",
            )
            raise ConfigError([problem], "there is no place for the results") from error


def _interrupt(_signal: int, _frame: object) -> None:
    """Let SIGTERM end a run as Ctrl-C does."""
    raise KeyboardInterrupt
