"""docs/formats.md and the emitters say the same."""

import re
from pathlib import Path
from typing import get_args

import pytest

from benchmarks.format_conformance import FAMILIES, KINDS, TASKS
from tests.export.descriptions import HEAD_CASES, OPERATION_CASES
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.formats import FORMATS
from tfx_pipeline.export.input_facts import input_facts
from tfx_pipeline.export.parity.comparison import LIMIT
from tfx_pipeline.modules.description.heads import Head
from tfx_pipeline.modules.description.operations import Operation

PAGE = Path(__file__).resolve().parents[2] / "docs/formats.md"
TEXT = PAGE.read_text(encoding="utf-8")
SETTINGS = {
    "`parse` of a number": OPERATION_CASES["parsed"],
    "`parse` of a moment": OPERATION_CASES["moments_pattern"],
    "`kind: text`": OPERATION_CASES["words"],
    "`kind: text` with `hash_buckets`": OPERATION_CASES["words_hashed"],
    "`kind: categorical` with `oov_buckets` above 1": OPERATION_CASES["category_hashed"],
}


def table(head):
    """Read the table whose head begins so: cells of each row by its first one."""
    lines = TEXT.split(f"\n| {head} |")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


def refusal(name, make):
    """Give what a format's refusal says to do, problem by problem; None: it says the model."""
    description = make() if callable(make) else make
    facts = ExportFacts("m", "1", input_facts(description), "", "", "tests", {}, {})
    try:
        FORMATS[name].emit(description, facts)
    except NotExportableError as error:
        return [each.next_step for each in error.problems]
    return None


@pytest.mark.parametrize("setting", SETTINGS)
def test_page_says_which_format_lacks_a_setting(setting):
    said = dict(zip(FORMATS, table("setting")[setting], strict=True))
    found = {name: refusal(name, SETTINGS[setting]) for name in FORMATS}
    assert said == {name: "yes" if steps is None else "no" for name, steps in found.items()}
    assert all(all(steps) for steps in found.values() if steps is not None)


def test_page_has_a_line_for_each_setting_that_is_tried():
    assert [*table("setting")] == [*SETTINGS]


LACKING = {
    "onnx": r".*hashed",
    "tflite": r"parsed|moments_p|words|category_hashed",
    "pmml": r".*hashed",
}
HEADS = {name: make for name, make in HEAD_CASES.items() if name.endswith("_binary")}


@pytest.mark.parametrize("name", FORMATS)
def test_emitters_write_each_operation_and_head_or_refuse_it_as_the_page_says(name):
    cases = {**OPERATION_CASES, **HEADS}
    wrong = [
        case
        for case, make in cases.items()
        if (refusal(name, make) is None) == (re.match(LACKING[name], case) is not None)
    ]
    assert wrong == []


def test_cases_hold_every_operation_and_head():
    made = [make() if callable(make) else make for make in OPERATION_CASES.values()]
    operations = {type(each) for description in made for each in description.operations}
    assert operations == {*get_args(Operation)}
    heads = {type((make() if callable(make) else make).head) for make in HEADS.values()}
    assert heads == {*get_args(Head)}


def test_page_has_a_line_for_each_kind_and_family_within_the_limit():
    kinds, families = table("kind of feature"), table("family, task")
    assert [*kinds] == [*KINDS]
    assert [*families] == [f"{family}, {task}" for family in FAMILIES for task in TASKS]
    for row in (*kinds.values(), *families.values()):
        assert len(row) == len(FORMATS)
        for cell in row:
            is_refused = cell.startswith("not exportable: ")
            assert is_refused or float(cell) <= LIMIT


def test_formats_name_a_reason_for_each_operation_that_they_lack():
    for each in FORMATS.values():
        for operation, reason in each.lacks.items():
            assert reason.strip(), (each.name, operation)
