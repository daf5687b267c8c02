"""Run one step of a compiled pipeline in this process, on whatever machine it is.

Terms:
    run: all attempts at all steps that share a run id in ML Metadata.
    attempt: one execution of the step. Repeating a command is safe: a step that is done in its
        run is not done again, and what a killed attempt left behind is removed first.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from tfx_pipeline.config.metadata_url import metadata_of, parse_url
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import ConfigError, ExitStatus, Problem
from tfx_pipeline.patches.light_imports import import_core
from tfx_pipeline.patches.process_settings import fast_imports, find_user_modules
from tfx_pipeline.processes.this_process import redirected
from tfx_pipeline.runners.metadata.sqlite_file import check_sqlite_file
from tfx_pipeline.runners.node.ir_file import IrFile, read_ir
from tfx_pipeline.runners.node.request import NodeRequest, check_request, overridden
from tfx_pipeline.runners.node.sigterm import Sigterm, sigterm_came, sigterm_raised
from tfx_pipeline.runners.steps.console import RunConsole
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.storage.plain_names import link, plain, special_characters


def run_node(request: NodeRequest, console: RunConsole) -> ExitStatus:
    """Run the step, unless it is done already, and print a line about it.

    Raises:
        PipelineError: the request cannot be met, the step failed, or a gate refused.
    """
    request = _with_plain_root(request)
    ir = read_ir(request.ir)
    check_request(request, ir)
    metadata = _metadata_place(ir, request)
    if metadata.kind == "sqlite":
        check_sqlite_file(Path(metadata.path), "--metadata-url" if request.metadata_url else None)
    find_user_modules(Path.cwd())
    # Standard output is the console's: what TFX, Beam and TensorFlow print is a log.
    with redirected(1, to=2), sigterm_raised():
        try:
            ir = overridden(ir, request.overrides)
            with fast_imports():
                import_core(ir.beam_use(request.node_id))
                from tfx_pipeline.runners.node.attempt import NodeAttempt
            return NodeAttempt(ir, request, metadata, console).run()
        except (Exception, Sigterm):
            if not sigterm_came():
                raise
            console.line(f"{request.node_id}: ended by SIGTERM; nothing half-done is left")
            console.line(f"  to do it again: {shlex.join(request.command)}")
            return ExitStatus.TERMINATED


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
