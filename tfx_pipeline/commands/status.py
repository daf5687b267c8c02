"""`tfx-pipeline status`: how a run in a cluster gets on, or what came of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import print_json, with_run_console

if TYPE_CHECKING:
    from tfx_pipeline.config.root import PipelineConfig
    from tfx_pipeline.runners.cluster.run_report import RunReport
    from tfx_pipeline.runners.steps.console import RunConsole
    from tfx_pipeline.targets.rules import Target

_EPILOG = """\
examples:
  tfx-pipeline status --env kubeflow first
  tfx-pipeline status --env vertex penguins-20260101000000-1a2b

Each step with its state, its time and its attempts; of one that was refused or failed, the reason
and the command that runs it again; of one that waits, for what. The steps' reasons are read from
<pipeline root>/runs/<id>, and why a pod waits from Kubernetes; what cannot be read from here is
said, with the command that reads it.

exit status:
  0    the run succeeded, or has not ended
  1    a step failed, or the run was stopped
  2    the configuration or the command line cannot be used, or no run is called so, or several are
  3    a gate refused: nothing was pushed
"""


def add_parser(commands: Commands) -> None:
    """Add `status`."""
    help_text = "show the steps of a run in a cluster, and why they wait or failed"
    parser = add_command(commands, "status", help_text, status_command, _EPILOG)
    parser.add_argument("--json", action="store_true", help="print a JSON document")
    parser.add_argument("run_wanted", metavar="RUN", help="its id, or its name")


@with_run_console
def status_command(options: argparse.Namespace, _words: list[str], console: RunConsole) -> int:
    """Show what is known of the run."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.errors import ConfigError, Problem
    from tfx_pipeline.runners.cluster.progress_lines import reason_lines, step_line
    from tfx_pipeline.runners.cluster.run_report import exit_status
    from tfx_pipeline.targets.rules import target_of

    loaded = load_config(options.config, options.env, options.overrides)
    if loaded.config.environment.runner == "local":
        what = "this environment runs on this machine: no run of it is in a cluster"
        next_step = "--env kubeflow or --env vertex"
        problem = Problem(what, "environment.runner", "local", next_step=next_step)
        raise ConfigError([problem], "there is no run to look at")
    report = _report(loaded.config, target_of(loaded.config), options.run_wanted)
    if options.json:
        print_json(report)
        return exit_status(report.status)
    for step in report.steps:
        console.line(step_line(step))
        if step.again:
            console.line(f"      {step.again}")
        for line in reason_lines(step):
            console.line(line)
    for hint in report.hints:
        console.line(f"  {hint}")
    console.pairs(
        [
            ("status", "has not ended" if report.status == "submitted" else report.status),
            ("name", report.run_name),
            ("id", report.run_id),
            ("look at", report.url),
            ("message", report.message),
        ]
    )
    return exit_status(report.status)


def _report(config: PipelineConfig, target: Target, wanted: str) -> RunReport:
    if target == "kfp":
        from tfx_pipeline.runners.cluster.kubeflow.connection import connect
        from tfx_pipeline.runners.cluster.kubeflow.progress import report_of as of_kubeflow

        return of_kubeflow(config, connect(config), wanted)
    from tfx_pipeline.runners.cluster.vertex.api import VertexApi
    from tfx_pipeline.runners.cluster.vertex.progress import report_of as of_vertex

    return of_vertex(config, VertexApi(config), wanted)
