"""Models as LiteRT answers them, against the oracle."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.export.described_rows import rows_of
from tests.export.descriptions import HEAD_CASES, OPERATION_CASES
from tests.export.tflite import made
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.formats import FORMATS
from tfx_pipeline.export.parity.comparison import differences
from tfx_pipeline.export.tflite.emitter import LACKS, LACKS_OF_COLUMNS, emit
from tfx_pipeline.export.tflite.facts_text import read_facts
from tfx_pipeline.export.tflite.features.cells import Cells
from tfx_pipeline.export.tflite.features.clocks import Clocks
from tfx_pipeline.export.tflite.features.transformed import write_columns
from tfx_pipeline.export.tflite.heads.table import WRITERS
from tfx_pipeline.export.tflite.runtime import TfliteRuntime
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.columns import Column, Parse, Ranks
from tfx_pipeline.modules.description.heads import Head, LinearHead
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import CategoryId, Operation, Scaled

LIMIT = 3e-6
ROWS = made.hurting_rows(1500)


def _cannot_be_said(description: ModelDescription) -> bool:
    return (
        any(type(x) in LACKS for x in description.operations)
        or any(type(x.parse) in LACKS_OF_COLUMNS for x in description.columns)
        or any(isinstance(x, CategoryId) and x.buckets > 1 for x in description.operations)
    )


SAID = [x for x, description in OPERATION_CASES.items() if not _cannot_be_said(description)]
UNSAID = sorted(set(OPERATION_CASES) - set(SAID))


def _check(description: ModelDescription, rows: Any) -> None:
    got = TfliteRuntime(emit(description, made.FACTS))(rows)
    expected = numpy_form.answers(description, rows)
    assert differences(description.answer, expected, got).max() <= LIMIT
    for name, values in expected.items():
        assert got[name].dtype == values.dtype


@pytest.mark.parametrize("case", SAID)
def test_emit_each_operation_answers_as_the_oracle_does(case: str) -> None:
    description = OPERATION_CASES[case]
    _check(description, rows_of(description, 400))


@pytest.mark.parametrize("case", HEAD_CASES)
def test_emit_each_head_answers_as_the_oracle_does(case: str) -> None:
    description = HEAD_CASES[case]
    _check(description, rows_of(description, 200))


@pytest.mark.parametrize("task", made.ANSWERS)
@pytest.mark.parametrize("family", made.FAMILIES)
def test_emit_all_operations_at_once_answer_as_the_oracle_does(family: str, task: str) -> None:
    _check(made.described(family, task), ROWS)


@pytest.mark.parametrize(
    ("family", "activation"),
    [("network", x) for x in ("gelu", "elu", "selu", "tanh", "silu")]
    + [("mlp", x) for x in ("mish", "gelu", "selu", "silu")],
)
def test_emit_each_activation_answers_as_the_oracle_does(family: str, activation: str) -> None:
    _check(made.described(family, activation=activation), ROWS)


def test_columns_of_hurting_rows_are_those_of_the_oracle() -> None:
    description = made.described("linear")
    writer = Writer()
    cells = Cells(writer, description.columns)
    numbers, ids = write_columns(writer, cells, Clocks(writer, cells), description)
    assert numbers is not None and ids is not None
    writer.outputs = {"numbers": numbers, "ids": ids}

    got = TfliteRuntime(writer.written("{}"))(ROWS)

    expected = numpy_form.transformed(description, ROWS)
    values = np.concatenate([expected[x] for x in description.widths], 1)
    error = np.abs(got["numbers"] - values) / np.maximum(1, np.abs(values))
    assert error.max() <= 5e-7
    starts = np.cumsum([0, *description.sizes.values()])[:-1]
    assert (
        got["ids"] - starts == np.concatenate([expected[x] for x in description.sizes], 1)
    ).all()


def test_trees_rows_beside_thresholds_go_as_in_float64() -> None:
    """Scaled in float32, one in some of these rows would fall on the other side."""
    description = made.described("trees")
    scaled = next(x for x in description.operations if x.output == "fare per km_scaled")
    assert isinstance(scaled, Scaled)
    thresholds = description.head.conditions.thresholds[:90].astype(float)  # type: ignore[union-attr]
    raw = (thresholds * scaled.unit + scaled.origin).astype(np.float32)
    beside = np.concatenate(
        [raw, np.nextafter(raw, np.float32(9)), np.nextafter(raw, -np.float32(9))]
    )
    rows = {name: values[: len(beside)] for name, values in ROWS.items()} | {"fare per km": beside}

    got = TfliteRuntime(emit(description, made.FACTS))(rows)["probability"]

    assert np.abs(got - numpy_form.answers(description, rows)["probability"]).max() <= LIMIT


def test_emit_a_probability_at_the_threshold_is_of_the_first_class() -> None:
    usual = made.described("linear")
    assert isinstance(usual.head, LinearHead)
    zeros = {name: np.zeros_like(getattr(usual.head, name)) for name in ("rises", "weights")}
    head = dataclasses.replace(usual.head, intercept=np.zeros(1, np.float32), **zeros)
    for threshold, name in (
        (0.5, "no"),
        (float(np.nextafter(np.float32(0.5), np.float32(0))), "yés"),
    ):
        answer = dataclasses.replace(usual.answer, threshold=threshold)
        description = dataclasses.replace(usual, head=head, answer=answer)
        answers = TfliteRuntime(emit(description, made.FACTS))(ROWS)
        assert set(answers["probability"].tolist()) == {0.5}
        assert set(answers["class"].tolist()) == {name}


@pytest.mark.parametrize("case", UNSAID)
def test_emit_what_cannot_be_said_is_refused_with_the_setting(case: str) -> None:
    with pytest.raises(NotExportableError) as raised:
        emit(OPERATION_CASES[case], made.FACTS)

    problem = raised.value.problems[0]
    assert problem.place in ("feature 't_words'", "column 't'")
    assert "Parse(" not in str(problem.received)
    assert any(
        x in str(problem.next_step) for x in ("parse", "kind: categorical", "oov_buckets to 1")
    )


def test_tables_each_type_is_written_or_lacks() -> None:
    of_cases = [x for case in SAID for x in OPERATION_CASES[case].operations]
    assert {type(x) for x in of_cases} | set(LACKS) == set(typing.get_args(Operation))
    assert not {type(x) for x in of_cases} & set(LACKS)
    assert {Ranks} | set(LACKS_OF_COLUMNS) == set(typing.get_args(Parse))
    assert set(WRITERS) == set(typing.get_args(Head))
    assert FORMATS["tflite"].lacks == LACKS


def test_emit_twice_in_two_processes_gives_the_same_bytes() -> None:
    description = made.described("blend")
    code = (
        "import sys;from tests.export.tflite import made;"
        "from tfx_pipeline.export.tflite.emitter import emit;"
        "sys.stdout.buffer.write(emit(made.described('blend'), made.FACTS));"
        "assert not [x for x in sys.modules if x.split('.')[0] in ('tensorflow', 'keras')]"
    )
    root = Path(__file__).parents[3]

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=root, check=True)

    assert done.stdout == emit(description, made.FACTS)
    assert done.stderr == b""


def test_read_facts_are_what_was_written() -> None:
    facts = read_facts(emit(made.described("linear"), made.FACTS))

    assert facts["name"] == "taxi" and facts["version"] == "7" and facts["kind"] == "float32"
    assert facts["inputs"][0]["unit"] == "mile" and facts["inputs"][0]["low"] == 0
    assert facts["example"]["miles"] is None  # JSON has no NaN
    assert facts["classes"] == ["no", "yés"]


def test_emit_a_column_of_any_name_is_an_input_of_that_name() -> None:
    names = ("a b", "ünï/€", "x" * 300, "probability")
    columns = tuple(Column(name, "float32") for name in names)
    operations = tuple(Scaled(f"{x}_scaled", x, False, 0.0, 0.0, 1.0, 1e6) for x in names)
    usual = made.described("linear")
    head = dataclasses.replace(
        usual.head, columns=np.arange(4), lows=np.zeros(4, "f4"), widths=np.ones(4, "f4"),
        rises=np.array([[1], [2], [4], [8]], "f4"), intercept=np.zeros(1, "f4"),
    )  # fmt: skip
    widths = {x.output: 1 for x in operations}
    answer = made.ANSWERS["regression"]
    answer = dataclasses.replace(answer, mean=0.0, deviation=1.0)
    description = ModelDescription(columns, operations, widths, {}, head, answer)

    runtime = TfliteRuntime(emit(description, made.FACTS))

    for place, name in enumerate(names):
        rows = {x: np.array([float(x == name)], np.float32) for x in names}
        assert runtime(rows)["value"].tolist() == [2.0**place]
