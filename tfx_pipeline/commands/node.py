"""`tfx-pipeline node`: one step of a compiled pipeline, in this process."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tfx_pipeline.errors import ExitStatus, PipelineError
from tfx_pipeline.processes.own_command import program
from tfx_pipeline.runners.node.request import NodeRequest
from tfx_pipeline.runners.node.run_node import run_node
from tfx_pipeline.runners.steps.console import RunConsole


def node(options: argparse.Namespace, words: Sequence[str]) -> ExitStatus:
    """Run the step that the options name."""
    console = RunConsole()
    request = NodeRequest(
        ir=options.ir,
        node_id=options.node_id,
        run_id=options.run_id,
        reuse=options.reuse,
        pipeline_root=options.pipeline_root,
        metadata_url=options.metadata_url,
        overrides=tuple(options.overrides),
        wait_s=options.wait_s,
        command=(program(), *words),
    )
    try:
        return run_node(request, console)
    except PipelineError as error:
        console.error(error)
        return error.exit_status
