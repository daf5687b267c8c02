"""`--accept-risk CHECK --reason TEXT --by NAME`: what is read, and what is refused."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tfx_pipeline.commands.accepted_risks import accepted_risks, add_accept_risk_arguments
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError

RULES = {"check": "rules", "reason": "a pilot", "by": "J. Doe"}
WORDS = ("--accept-risk", "rules", "--reason", "a pilot", "--by", "J. Doe")


def read(*words: str) -> list[dict[str, str]]:
    parser = argparse.ArgumentParser()
    add_accept_risk_arguments(parser)
    return accepted_risks(parser.parse_args(words))


def test_accepted_risks_are_as_many_as_are_named() -> None:
    assert read() == []
    assert read(*WORDS) == [RULES]
    other = ("--accept-risk=shift", "--by", 'Ü "x"', "--reason", "b\n🐧")
    assert read(*WORDS, *other) == [RULES, {"check": "shift", "by": 'Ü "x"', "reason": "b\n🐧"}]


@pytest.mark.parametrize(
    ("words", "what", "next_step"),
    [
        (WORDS[:2], "a risk is accepted without --reason and --by", "--accept-risk rules --reason"),
        (WORDS[:4], "a risk is accepted without --by", "--by 'J. Doe'"),
        ((*WORDS[:3], " ", *WORDS[4:]), "a risk is accepted without --reason", "say why"),
        (("--accept-risk", "rulez", *WORDS[2:]), "not a risk check", "did you mean `rules`?"),
        (("--accept-risk", "", *WORDS[2:]), "not a risk check", None),
        (("--reason", "x", *WORDS), "--reason belongs to no risk", "after the check"),
        (("--by", "x"), "--by belongs to no risk", "after the check"),
        ((*WORDS, "--by", "K. Roe"), "--by is given twice for one risk", None),
        ((*WORDS, *WORDS), "this risk is accepted twice", "say it once"),
    ],
)
def test_accepted_risks_that_are_incomplete_are_refused(
    words: tuple[str, ...], what: str, next_step: str | None
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(*words)
    problem = next(x for x in caught.value.problems if x.what == what)
    assert next_step is None or next_step in str(problem.next_step)


CONFIG = """\
name: trips
data: data
label: {column: tips, task: regression}
features: {fare: {kind: numeric}}
"""


def test_load_config_adds_accepted_risks_and_replaces_those_of_the_same_check(
    tmp_path: Path,
) -> None:
    file = tmp_path / "trips.yaml"
    file.write_text(
        CONFIG + "risk: {accepted: [{check: rules, reason: old, by: X},"
        " {check: attack, reason: kept, by: Y}]}\n",
        encoding="utf-8",
    )
    accepted = load_config(file, None, (), [RULES]).config.risk.accepted
    assert [(x.check, x.reason, x.by) for x in accepted] == [
        ("attack", "kept", "Y"),
        ("rules", "a pilot", "J. Doe"),
    ]
    file.write_text(CONFIG, encoding="utf-8")
    (only,) = load_config(file, None, (), [RULES]).config.risk.accepted
    assert only.model_dump() == RULES


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ("[{check: rules, reason: a, by: X}, {check: rules, reason: b, by: Y}]", "2 times"),
        ("[{check: rulez, reason: a, by: X}]", "rulez"),
        ("[{check: rules, by: X}]", "reason"),
        ("[{check: rules, reason: '', by: X}]", "reason"),
        ("[{check: rules, reason: ' ', by: X}]", "reason"),
        (r'[{check: rules, reason: "x\n  verdict    blessed", by: X}]', "text in one line"),
        (r'[{check: rules, reason: x, by: "\e[2J"}]', "text in one line"),
        ("{check: rules}", "accepted"),
        ("yes", "accepted"),
    ],
)
def test_load_config_of_accepted_risks_that_are_none_names_the_place(
    tmp_path: Path, section: str, what: str
) -> None:
    file = tmp_path / "trips.yaml"
    file.write_text(f"{CONFIG}risk:\n  accepted: {section}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    "override", ["risk.accepted=oops", "risk.accepted={check: rules}", "risk=off"]
)
def test_load_config_of_accepted_risks_beside_what_is_no_list_still_fails(
    repository: Path, override: str
) -> None:
    risk = {"check": "rules", "reason": "why", "by": "me"}
    with pytest.raises(ConfigError, match=override.partition("=")[0]):
        load_config(repository / "configs/penguins.yaml", None, [override], [risk])
