"""The options by which somebody takes a risk that a check refuses, for whatever makes a run."""

from __future__ import annotations

import argparse
from functools import partial

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.evaluation.risk.findings import CHECKS
from tfx_pipeline.wording import nearest

RISK_OPTIONS = ("--accept-risk", "--reason", "--by")
_HELP = {
    "--accept-risk": "go on although this risk check refuses; with the two below; may be repeated",
    "--reason": "why: it is shown with the model for ever",
    "--by": "who takes it",
}
_WORDS = {"--accept-risk": "CHECK", "--reason": "TEXT", "--by": "NAME"}
_FIELDS = {"--accept-risk": "check", "--reason": "reason", "--by": "by"}


def add_accept_risk_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--accept-risk CHECK --reason TEXT --by NAME`."""
    for option in RISK_OPTIONS:
        parser.add_argument(
            option,
            action="append",
            dest="risk_words",
            type=partial(_tagged, option),
            metavar=_WORDS[option],
            help=_HELP[option],
        )


def _tagged(option: str, text: str) -> tuple[str, str]:
    return option, text


def accepted_risks(options: argparse.Namespace) -> list[dict[str, str]]:
    """Read them: entries of `risk.accepted` of the configuration.

    Raises:
        ConfigError: one is incomplete, or is no check.
    """
    risks: list[dict[str, str]] = []
    problems: list[Problem] = []
    for option, text in options.risk_words or ():
        field = _FIELDS[option]
        if option == "--accept-risk":
            risks.append({field: text})
        elif not risks:
            step = "put it after the check that it is about: --accept-risk CHECK"
            problems.append(Problem(f"{option} belongs to no risk", option, text, None, step))
        elif field in risks[-1]:
            problems.append(Problem(f"{option} is given twice for one risk", option, text))
        else:
            risks[-1][field] = text.strip()
    problems += [problem for risk in risks for problem in _problems(risk)]
    names = [risk["check"] for risk in risks]
    problems += [
        Problem("this risk is accepted twice", f"--accept-risk {name}", next_step="say it once")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if problems:
        raise ConfigError(problems, "the command line cannot be used")
    return risks


def _problems(risk: dict[str, str]) -> list[Problem]:
    name = risk["check"]
    place = f"--accept-risk {name}"
    problems = []
    if name not in CHECKS:
        allowed = ", ".join(CHECKS)
        problems.append(
            Problem("not a risk check", "--accept-risk", name, allowed, nearest(name, CHECKS))
        )
    missing = [option for option in RISK_OPTIONS[1:] if not risk.get(_FIELDS[option])]
    if missing:
        what = f"a risk is accepted without {' and '.join(missing)}"
        example = f"{place} --reason 'a pilot with 50 users' --by 'J. Doe'"
        problems.append(Problem(what, place, next_step=f"say why, and who: {example}"))
    return problems
