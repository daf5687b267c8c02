"""`tfx-pipeline explain`: what a step does, with which settings, and what it did last."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import print_json, result_console, with_errors_shown
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.wording import nearest

if TYPE_CHECKING:
    from rich.console import Console

    from tfx_pipeline.config.loader import LoadedConfig

_MOST_RUNS = 3
_EPILOG = """\
examples:
  tfx-pipeline explain Transform
  tfx-pipeline explain Evaluator --config configs/penguins.yaml --json
"""


def add_parser(commands: Commands) -> None:
    """Add `explain`."""
    help_text = "say what a step does, with which settings, and what it did last"
    parser = add_command(commands, "explain", help_text, explain_command, _EPILOG)
    parser.add_argument("step", metavar="STEP", help="e.g. Transform")
    parser.add_argument("--json", action="store_true", help="print a JSON document")


@with_errors_shown
def explain_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Print the page of a step."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.pipeline.step_order import step_order

    loaded = load_config(options.config, options.env, options.overrides)
    steps = step_order(loaded.config)
    by_name = {step.lower(): step for step in steps}
    step = by_name.get(options.step.lower())
    if step is None:
        allowed = ", ".join(steps)
        asked_for = "there is one where export.formats names some"
        optional = asked_for if options.step.lower() == "formatexporter" else None
        next_step = optional or nearest(options.step, steps)
        problem = Problem("no such step", None, options.step, allowed, next_step)
        raise ConfigError([problem], "the command line cannot be used")
    document = _document(loaded, step, steps)
    if options.json:
        print_json(document)
    else:
        _print(document, result_console())


def _document(loaded: LoadedConfig, step: str, steps: list[str]) -> dict[str, Any]:
    from tfx_pipeline.pipeline.step_code import STEPS
    from tfx_pipeline.pipeline.step_pages import STEP_PAGES
    from tfx_pipeline.runners.metadata.run_summaries import run_summaries, usual_seconds

    config, page = loaded.config, STEP_PAGES[step]
    code = STEPS.get(step)
    runs = run_summaries(config)
    done = [(run.run_id, each) for run in runs for each in run.steps if each["id"] == step]
    artifacts = {
        name.partition(".")[2]: place
        for run in runs[:1]
        for name, place in run.artifacts.items()
        if name.partition(".")[0] == step
    }
    return {
        "pipeline": config.name,
        "step": step,
        "place": f"{steps.index(step) + 1} of {len(steps)}",
        "does": page.does,
        "reads": page.reads,
        "writes": page.writes,
        "stops": page.stops,
        "settings": {
            key: {"value": _value(loaded, key), "place": loaded.source.place(tuple(key.split(".")))}
            for key in page.settings
        },
        "code": [*(code.modules if code else ()), *filter(None, [code.executor if code else None])],
        "usual_seconds": usual_seconds(runs, step),
        "runs": [{"run_id": run_id, **each} for run_id, each in done[:_MOST_RUNS]],
        "artifacts": {name: config.shown(Path(place)) for name, place in artifacts.items()},
    }


def _value(loaded: LoadedConfig, key: str) -> Any:
    """Give what holds under a key, defaults included; None: nothing is said."""
    value: Any = loaded.config.model_dump(mode="json", exclude_none=True)
    for part in key.split("."):
        value = value.get(part)
    return value


def _print(document: dict[str, Any], console: Console) -> None:
    import yaml

    console.out(f"{document['step']}, step {document['place']} of {document['pipeline']}")
    for name in ("does", "reads", "writes", "stops"):
        if document[name]:
            label = "stops at" if name == "stops" else name
            console.out(f"  {label:<9} {document[name]}")
    for key, setting in document["settings"].items():
        where = f"  # {setting['place']}" if setting["place"] else "  # by default"
        text = yaml.safe_dump(
            setting["value"],
            sort_keys=False,
            default_flow_style=None,
            width=110,
            allow_unicode=True,
        )
        lines = text.removesuffix("...\n").rstrip().splitlines()
        if len(lines) == 1:
            console.out(f"  {key}: {lines[0]}{where}")
        else:
            console.out(f"  {key}:{where}")
            for line in lines:
                console.out(f"    {line}")
    console.out(f"  code      {', '.join(document['code']) or 'of TFX'}")
    if document["usual_seconds"] is not None:
        console.out(f"  takes     about {document['usual_seconds']:.1f} s")
    for run in document["runs"]:
        said = ", ".join(filter(None, (run.get("reason"), run.get("facts"))))
        console.out(f"  run       {run['run_id']}: {run['state']}, {run['seconds']:.1f} s; {said}")
    for name, place in document["artifacts"].items():
        console.out(f"  {name}: {place}")
