"""`tfx-pipeline report`: the page of a run, and its facts as JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import print_json, result_console, with_errors_shown
from tfx_pipeline.errors import ConfigError, Problem

_EPILOG = """\
The page is one file of HTML without scripts, complete in itself; each run on this machine writes it
at its end. This command writes it again: artifacts may have been deleted, or the run was made in a
cluster. What cannot be read any more is named, and the rest shown.
"""


def add_parser(commands: Commands) -> None:
    """Add `report`."""
    help_text = "write the page of a run: verdict, metrics, risks, data, lineage"
    parser = add_command(commands, "report", help_text, report_command, _EPILOG)
    parser.add_argument("run_wanted", metavar="RUN", nargs="?", help="its id (default: the latest)")
    parser.add_argument("--json", action="store_true", help="print the facts, write no file")
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", help="where the files go (default: beside the log)"
    )


@with_errors_shown
def report_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Write the page, or print the facts."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.report.facts.values import to_json
    from tfx_pipeline.report.making import facts_of, report_folder

    config = load_config(options.config, options.env, options.overrides).config
    facts = facts_of(config, options.run_wanted)
    if options.json:
        print_json(json.loads(to_json(facts)))
        return
    from tfx_pipeline.report.card.writing import write_card
    from tfx_pipeline.report.page.writing import write_report

    folder = Path(options.output) if options.output else report_folder(config, facts.run.run_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written, card = write_report(facts, folder), write_card(facts, folder)
    except OSError as error:
        step = "choose another place by --output"
        problem = Problem(
            "this folder cannot be written to", str(folder), error.strerror, None, step
        )
        raise ConfigError([problem], "the report cannot be written") from error
    console = result_console()
    console.out(f"{config.name}: run {facts.run.run_id}: {facts.decision.sentence}")
    for each in facts.missing:
        console.out(f"  not there any more: {each.what} ({each.place}): {each.why}")
    console.out(f"  report  {config.shown(written.page)}")
    console.out(f"  facts   {config.shown(written.facts)}")
    if card:
        console.out(f"  card    {config.shown(card)}")
