"""Run a pipeline on this machine, from the configuration to a pushed, smoke-queried model."""

from __future__ import annotations

import contextlib
import logging
import re
import shlex
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.candidate_server import offered
from tfx_pipeline.errors import ConfigError, DataError, ExitStatus, PipelineError, Problem
from tfx_pipeline.patches.process_settings import fast_imports
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.processes.this_process import signals_handled
from tfx_pipeline.processes.waiting_process import WaitingProcess
from tfx_pipeline.runners.beam.engine_check import check_engine
from tfx_pipeline.runners.input_files import InputFiles, find_input_files
from tfx_pipeline.runners.input_table import CheckedTable, check_rows
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

_LOG = logging.getLogger(__name__)
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Examined:
    """What was found before a run.

    Attributes:
        files: of the table; none: it comes from a query.
        fingerprint: of all that the run depends on, see `early_fingerprint`.
        good_run: summary of a run after which this one would change nothing.
        checked: the table, if it was read.
    """

    files: InputFiles | None
    fingerprint: str | None
    good_run: dict[str, Any] | None = None
    checked: CheckedTable | None = None


def run_locally(
    loaded: LoadedConfig,
    options: RunOptions,
    console: RunConsole,
    report: Callable[[RunRecord], Path] | None = None,
) -> ExitStatus:
    """Check, run, and show what came of it.

    `report` writes the page of a run that has left its summary, and gives the place of it.

    Raises:
        PipelineError: the configuration or the table cannot be used, a step failed, or a gate
            refused; what is known by then has been shown and written to the run's summary.
    """
    config = loaded.config
    examined = examine(loaded, options, console, input_folder(config))
    if examined.good_run:
        show_up_to_date(console, config, examined.good_run)
        return ExitStatus.OK
    assert examined.checked is not None
    checked, files, table = examined.checked, examined.files, examined.checked.table
    run_id = options.run_id or datetime.now().strftime("%Y%m%d-%H%M%S-%f")[:-3]
    record = RunRecord(config, options, table, run_id, loaded.source.place)
    record.outcome.notes += table.notes
    record.outcome.data_tests = [result.facts() for result in table.tests]
    _make_folders(record)
    record.outcome.quarantine = checked.keep_aside(str(config.pipeline_root))
    if files:
        files.remember(config)
    with run_lock(config.path(config.environment.metadata.path), run_id):
        _run(record, console, report)
    if examined.fingerprint and record.outcome.status == "pushed" and not options.is_partial:
        remember_good_run(config, examined.fingerprint, record.folder / "summary.json")
    return ExitStatus.REFUSED if record.outcome.status == "refused" else ExitStatus.OK


def examine(
    loaded: LoadedConfig, options: RunOptions, console: RunConsole, staging: Path | None
) -> Examined:
    """Check all that can be checked before anything heavy is imported.

    `staging` is where a copy for ExampleGen is written on the way; none: nowhere.

    Raises:
        PipelineError: the configuration or the table cannot be used.
    """
    config = loaded.config
    check_runs_here(loaded)
    check_sqlite_file(
        config.path(config.environment.metadata.path),
        loaded.source.place(("environment", "metadata", "path")),
    )
    _check_options(config, options)
    check_engine(config)
    if config.data.source is None:
        with console.working("looking at the table"):
            files = find_input_files(loaded)
        fingerprint = early_fingerprint(config, files.digest)
        if known := _good_run(config, options, fingerprint):
            return Examined(files, fingerprint, known)
        with console.working("reading the table"):
            return Examined(files, fingerprint, checked=check_rows(loaded, staging, files))
    with console.working("reading the table"):  # what a query gives is known when it was read
        checked = check_rows(loaded, staging)
    fingerprint = early_fingerprint(config, checked.table.digest)
    return Examined(None, fingerprint, _good_run(config, options, fingerprint), checked)


def _good_run(
    config: PipelineConfig, options: RunOptions, fingerprint: str | None
) -> dict[str, Any] | None:
    """Give the summary of the run after which this one would change nothing, if there is one."""
    if not fingerprint or not config.environment.cache or options.is_partial:
        return None
    return latest_good_run(config, fingerprint)


def _run(
    record: RunRecord, console: RunConsole, report: Callable[[RunRecord], Path] | None
) -> None:
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
        refusal = located(error, record)
        record.outcome.remember(refusal)
        raise refusal from None
    except PipelineError as error:
        record.outcome.remember(error)
        raise
    except Exception as error:
        command = shlex.join(record.options.command)
        failure = explain_failure("the run", error, config.root, command)
        record.outcome.remember(failure)
        raise failure from error
    finally:
        # A second Ctrl-C, or a SIGTERM after it, must not keep the summary from being written.
        with signals_handled(signal.SIG_IGN, signal.SIGINT, signal.SIGTERM):
            record.write_summary()
            if report is not None:
                record.report = reported(record, console, report)
            if record.outcome.status in ("failed", "interrupted") or record.outcome.title:
                console.pairs([("report", record.report)])
    show_outcome(console, record)


def reported(record: RunRecord, console: RunConsole, report: Callable[[RunRecord], Path]) -> str:
    """Have the report written; whatever goes wrong with it, the run is what it is."""
    with console.others_log_to(record.log_file):
        try:
            with console.working("writing the report"):
                return record.config.shown(report(record))
        except Exception as error:
            _LOG.exception("the report was not written")
            why = (str(error) or "no message").splitlines()[0]
            return f"not written: {type(error).__name__}: {why} (see the log)"


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
