"""Run steps of a compiled pipeline in this process, on whatever machine it is.

Terms:
    run: all attempts at all steps that share a run id in ML Metadata.
    attempt: one execution of the step. Repeating a command is safe: a step that is done in its
        run is not done again, and what a killed attempt left behind is removed first.
"""

from __future__ import annotations

import re
import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path

from tfx_pipeline.config.metadata_url import metadata_of, parse_url
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import ConfigError, ExitStatus, PipelineError, Problem
from tfx_pipeline.patches.light_imports import BeamUse, import_core
from tfx_pipeline.patches.process_settings import (
    fast_imports,
    find_user_modules,
    give_back_memory,
)
from tfx_pipeline.processes.this_process import redirected
from tfx_pipeline.runners.metadata.sqlite_file import check_sqlite_file
from tfx_pipeline.runners.node.artifacts_root import root_in, root_of
from tfx_pipeline.runners.node.ir_file import IrFile, read_ir
from tfx_pipeline.runners.node.outcome_file import OutcomeFile, Supervised
from tfx_pipeline.runners.node.request import NodeRequest, check_request, is_run_id, overridden
from tfx_pipeline.runners.node.sigterm import (
    Sigterm,
    sigterm_came,
    sigterm_ignored,
    sigterm_raised,
)
from tfx_pipeline.runners.steps.console import RunConsole
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.storage.plain_names import link, plain, special_characters

_BEAM_USES: tuple[BeamUse, ...] = ("none", "here", "elsewhere")
"""What steps use of Beam, what includes the others last."""
_NODE_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")


def run_node(
    request: NodeRequest, console: RunConsole, supervised: Supervised | None = None
) -> ExitStatus:
    """Run the steps that are not done already, one after the other, and print a line about each.

    Raises:
        PipelineError: the request cannot be met, a step failed, or a gate refused; the steps after
            it are not begun.
    """
    request = _with_plain_root(request)
    try:
        ir = read_ir(request.ir)
        check_request(request, ir)
        metadata = _metadata_place(ir, request)
    except PipelineError as error:
        _record_request_refused(request, error, supervised)
        raise
    find_user_modules(Path.cwd())
    root = request.pipeline_root or root_in(ir.pipeline)
    # Standard output is the console's: what TFX, Beam and TensorFlow print is a log.
    with redirected(1, to=2), sigterm_raised():
        for number, step in enumerate(request.for_steps(ir)):
            file = _outcome_file(step, root, supervised)
            try:
                file.begin()
                if number == 0:
                    ir = _prepared(ir, request, metadata)
                else:
                    step = _next(step)
                status = _run_step(ir, step, metadata, console, file)
            except BaseException as error:
                if sigterm_came() and isinstance(error, (Exception, Sigterm)):
                    status = _terminated(step, console, file)
                else:
                    _record_end(file, error)
                    raise
            if status != ExitStatus.OK:
                return status
    return ExitStatus.OK


def _prepared(ir: IrFile, request: NodeRequest, metadata: MetadataConfig) -> IrFile:
    """Import what every step needs, and give the pipeline with the values that were asked for."""
    if metadata.kind == "sqlite":
        check_sqlite_file(Path(metadata.path), "--metadata-url" if request.metadata_url else None)
    ir = overridden(ir, request.overrides)
    with fast_imports():
        import_core(max(map(ir.beam_use, request.node_ids), key=_BEAM_USES.index))
    return ir


def _next(step: NodeRequest) -> NodeRequest:
    """Let a step begin after another one in the same process."""
    if "pyarrow" in sys.modules:
        give_back_memory()
    return replace(step, started=time.monotonic())


def _run_step(
    ir: IrFile,
    step: NodeRequest,
    metadata: MetadataConfig,
    console: RunConsole,
    file: OutcomeFile,
) -> ExitStatus:
    """Run one step, and record what came of it when it is done."""
    with fast_imports():
        from tfx_pipeline.runners.node.attempt import NodeAttempt
    result = NodeAttempt(ir, step, metadata, console).run()
    with sigterm_ignored():
        if result.refusals:
            file.end_refused("nothing was pushed", tuple(result.refusals), result.line)
            return ExitStatus.REFUSED
        file.end_done(result.line, before=result.before)
    return ExitStatus.OK


def _terminated(step: NodeRequest, console: RunConsole, file: OutcomeFile) -> ExitStatus:
    with sigterm_ignored():
        file.end_stopped(ExitStatus.TERMINATED)
    console.line(f"{step.node_id}: ended by SIGTERM; nothing half-done is left")
    console.line(f"  to do it again: {shlex.join(step.command)}")
    return ExitStatus.TERMINATED


def _record_end(file: OutcomeFile, error: BaseException) -> None:
    with sigterm_ignored():
        if isinstance(error, KeyboardInterrupt):
            file.end_stopped(ExitStatus.INTERRUPTED)
        else:
            file.end_failed(error)


def _record_request_refused(
    request: NodeRequest, error: PipelineError, supervised: Supervised | None
) -> None:
    """Leave word of it for those who wait for the run, if this is known to belong to one."""
    if supervised is None or not is_run_id(request.run_id):
        return
    root = request.pipeline_root or root_of(request.ir)
    for node_id in filter(_NODE_ID.fullmatch, request.node_ids):
        file = _outcome_file(replace(request, node_ids=(node_id,)), root, supervised)
        try:
            file.begin()
        except PipelineError:  # used up: what is written stays
            continue
        file.end_failed(error)


def _outcome_file(
    step: NodeRequest, root: str | None, supervised: Supervised | None
) -> OutcomeFile:
    command = shlex.join(step.command)
    return OutcomeFile(root, step.run_id, step.node_id, command, supervised)


def _with_plain_root(request: NodeRequest) -> NodeRequest:
    """Let libraries reach a root on this machine whatever its folders are called."""
    root = request.pipeline_root
    if root is None or is_uri(root) or not special_characters(root):
        return request
    place = Path(root).absolute()
    link(place)
    return replace(request, pipeline_root=str(plain(place)))


def _metadata_place(ir: IrFile, request: NodeRequest) -> MetadataConfig:
    """Say where ML Metadata is: the request goes before the pipeline."""
    compiled = metadata_of(ir.config) if ir.config else None
    if request.metadata_url:
        return parse_url(request.metadata_url, compiled)
    if compiled is None:
        problem = Problem(
            "an IR of TFX alone does not say where ML Metadata is",
            "--metadata-url",
            next_step="name it, e.g. --metadata-url sqlite:///folder/metadata.db",
        )
        raise ConfigError([problem], "the command line cannot be used")
    return compiled
