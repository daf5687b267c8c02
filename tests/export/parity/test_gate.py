"""The gate refuses what answers otherwise, and names the operation where they part."""

import dataclasses
import re
from collections.abc import Callable

import numpy as np
import pytest

from tests.export.parity.described import (
    PARSED,
    PLAIN_IDS,
    blend,
    description,
    linear,
    plain_description,
    raw_column,
    trees,
)
from tests.export.parity.numpy_format import NumpyFormat, operation_changed
from tests.export.parity.test_made_rows import REAL
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.errors import ParityError
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.formats import FORMATS, Format
from tfx_pipeline.export.input_facts import input_facts
from tfx_pipeline.export.parity import parting
from tfx_pipeline.export.parity.gate import Equality, ProvenRows, prove
from tfx_pipeline.export.parity.made_rows import made_rows
from tfx_pipeline.modules.description.heads import BlendHead, LinearHead, TreesHead
from tfx_pipeline.modules.description.model_description import Answer, ModelDescription
from tfx_pipeline.modules.description.operations import CalendarId

FACTS = ExportFacts("taxi", "7", (), "", "", "tests", {}, {})
MANY = Answer("multiclass", ("a", "b", "c"))
MODEL = description(blend())


def rows_of(model):
    made = made_rows(model, REAL, 1_000)
    return ProvenRows(made.cells, numpy_form.answers(model, made.cells), made.hurts, 0)


@pytest.fixture(scope="module")
def rows():
    return rows_of(MODEL)


def proven(of_format, rows, tmp_path, model=MODEL):
    path = tmp_path / of_format.file_name
    path.write_bytes(of_format.emit(model, FACTS))
    return prove(model, FACTS, of_format, of_format.load(path), rows)


def refusal(broken, rows, tmp_path, model=MODEL):
    with pytest.raises(ParityError) as refused:
        proven(NumpyFormat(broken=broken), rows, tmp_path, model)
    return refused.value


def head_changed(change):
    """Break the heads of one kind, wherever they stand."""

    def changed(head):
        if isinstance(head, BlendHead):
            return dataclasses.replace(head, members=tuple(map(changed, head.members)))
        return change(head)

    return lambda model: dataclasses.replace(model, head=changed(model.head))


def linear_changed(**changes):
    def change(head):
        if not isinstance(head, LinearHead):
            return head
        made = {name: make(getattr(head, name)) for name, make in changes.items()}
        return dataclasses.replace(head, **made)

    return head_changed(change)


def thresholds_up(head):
    if not isinstance(head, TreesHead):
        return head
    up = np.nextafter(head.conditions.thresholds, np.float32(np.inf))
    return dataclasses.replace(head, conditions=dataclasses.replace(head.conditions, thresholds=up))


def test_prove_of_an_equal_export_gives_the_largest_difference(rows, tmp_path):
    assert proven(NumpyFormat(), rows, tmp_path) == Equality(0.0, 0.0, 0)


def test_prove_of_a_wrong_mean_names_the_scaling(rows, tmp_path):
    error = refusal(operation_changed("fare_scaled", origin=10.01), rows, tmp_path)
    assert "part at `fare_scaled`: Scaled of column `fare`" in error.problems[0].what
    assert error.exit_status == 3


def test_prove_of_a_lost_missing_rule_names_the_scaling(rows, tmp_path):
    error = refusal(operation_changed("miles_scaled", fill=0.0), rows, tmp_path)
    assert "`miles_scaled`: Scaled of column `miles`" in error.problems[0].what


def test_prove_of_a_boundary_that_is_an_ulp_off_names_the_bucket(rows, tmp_path):
    boundaries = np.nextafter([5.0, 12.5], 100)
    error = refusal(operation_changed("fare_bucket", boundaries=boundaries), rows, tmp_path)
    assert "`fare_bucket`: Bucket of column `fare`" in error.problems[0].what


def test_prove_of_names_without_case_names_the_ids(rows, tmp_path):
    names = ("", "cash", "Karte 7")
    error = refusal(operation_changed("way_id", names=names), rows, tmp_path)
    assert "`way_id`: CategoryId of column `way`" in error.problems[0].what


def test_prove_of_thresholds_rounded_up_names_the_trees(rows, tmp_path):
    error = refusal(head_changed(thresholds_up), rows, tmp_path)
    assert "part at member 2 of the blend, TreesHead" in error.problems[0].what


def test_prove_of_an_ulp_beside_a_threshold_names_the_scaling(tmp_path):
    model = description(trees())
    # 12 is just above the threshold: an origin that is a hair more sends it to the other side.
    broken = operation_changed("fare_scaled", origin=10 + 5e-7)
    error = refusal(broken, rows_of(model), tmp_path, model)
    assert re.search(r"`fare_scaled`: .* ulp, at a threshold", error.problems[0].what)


def test_prove_of_swapped_classes_names_the_answer(rows, tmp_path):
    error = refusal(classes_swapped, rows, tmp_path)
    assert "part at the answer" in error.problems[0].what


def test_prove_of_swapped_classes_of_several_names_the_answer_or_the_outputs(tmp_path):
    model = description(linear(3), MANY)

    error = refusal(classes_swapped, rows_of(model), tmp_path, model)
    assert "part at the answer, or LinearHead with all outputs at once" in error.problems[0].what


def test_prove_of_one_wrong_class_of_several_names_the_head(tmp_path):
    model = description(blend(3), MANY)

    broken = linear_changed(intercept=lambda x: x + np.float32([0.01, 0, 0])[: len(x)])
    error = refusal(broken, rows_of(model), tmp_path, model)
    assert "member 1 of the blend, LinearHead" in error.problems[0].what


def test_prove_of_a_linear_head_that_shows_nothing_right_names_it(rows, tmp_path):
    error = refusal(linear_changed(weights=np.zeros_like), rows, tmp_path)
    assert "part at member 1 of the blend, LinearHead" in error.problems[0].what


@dataclasses.dataclass(frozen=True)
class BrokenFormat(Format):
    """A real format whose emitter is broken."""

    broken: Callable[[ModelDescription], ModelDescription] = lambda x: x

    def emit(self, description, facts):
        return super().emit(self.broken(description), facts)


def classes_swapped(model):
    answer = dataclasses.replace(model.answer, classes=model.answer.classes[::-1])
    return dataclasses.replace(model, answer=answer)


BREAKS = {
    "nothing": (lambda model: model, None),
    "mean": (operation_changed("fare_scaled", origin=10.01), "`fare_scaled`: Scaled"),
    "thresholds": (head_changed(thresholds_up), "member 2 of the blend, TreesHead"),
    "classes": (classes_swapped, "the answer"),
}


@pytest.fixture(scope="module")
def plain():
    model = plain_description(blend(ids=PLAIN_IDS))
    real = {name: cells for name, cells in REAL.items() if name not in PARSED}
    made = made_rows(model, real, 400)
    return model, ProvenRows(made.cells, numpy_form.answers(model, made.cells), made.hurts, 0)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("how", BREAKS)
def test_prove_of_a_real_format_that_is_broken_names_what_is(name, how, plain, tmp_path):
    model, rows = plain
    known = FORMATS[name]
    broken, words = BREAKS[how]
    of_format = BrokenFormat(known.name, known.file_name, known.runtime, broken)
    facts = dataclasses.replace(FACTS, inputs=input_facts(model))
    path = tmp_path / of_format.file_name
    path.write_bytes(of_format.emit(model, facts))
    if words is None:
        assert prove(model, facts, of_format, of_format.load(path), rows).largest_difference < 1e-6
        return
    with pytest.raises(ParityError) as refused:
        prove(model, facts, of_format, of_format.load(path), rows)
    assert f"they part at {words}" in refused.value.problems[0].what
    assert known.runtime in refused.value.title


ODD_NAMES = {
    "fare": "probability",
    "miles": "class",
    "area": "Größe (m²)/2",
    "started": "input_0",
    "way": "a\"b'c<&>",
    "size": "Size",
}


def renamed(operation):
    column = ODD_NAMES[raw_column(operation)]
    if isinstance(operation, CalendarId):
        clock = dataclasses.replace(operation.clock, column=column)
        return dataclasses.replace(operation, clock=clock)
    return dataclasses.replace(operation, column=column)


@pytest.mark.parametrize("name", FORMATS)
def test_prove_of_columns_with_odd_names_and_those_of_answers_is_equal(name, plain, tmp_path):
    model, rows = plain
    odd = dataclasses.replace(
        model,
        columns=tuple(dataclasses.replace(x, name=ODD_NAMES[x.name]) for x in model.columns),
        operations=tuple(map(renamed, model.operations)),
    )
    cells = {ODD_NAMES[column]: values for column, values in rows.cells.items()}
    facts = dataclasses.replace(FACTS, name="näme <&>", inputs=input_facts(odd))
    of_format = FORMATS[name]
    path = tmp_path / of_format.file_name
    path.write_bytes(of_format.emit(odd, facts))
    proven = dataclasses.replace(rows, cells=cells)
    found = prove(odd, facts, of_format, of_format.load(path), proven)
    assert found.largest_difference < 1e-6
    assert of_format.emit(odd, facts) == path.read_bytes()


def test_prove_shows_ten_rows_raw_and_transformed_the_format_and_its_runtime(rows, tmp_path):
    error = refusal(operation_changed("fare_scaled", origin=10.5), rows, tmp_path)
    assert len(error.problems) == 11
    assert error.title.startswith("numpy of taxi 7 is refused")
    assert f"numpy {np.__version__}" in error.title
    worst = error.problems[1]
    assert re.match(r"row \d+ \(made to hurt: `", worst.place)
    assert '"fare": ' in worst.what and '"fare_scaled": ' in worst.what
    assert '"probability": ' in worst.received and '"probability": ' in worst.allowed
    sizes = [float(re.search(r"differs by (\S+):", x.what)[1]) for x in error.problems[1:]]
    assert sizes == sorted(sizes, reverse=True)


def test_prove_stops_looking_when_there_are_too_many_operations(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(parting, "_LONGEST_S", -1.0)
    error = refusal(operation_changed("way_id", names=("", "x", "y")), rows, tmp_path)
    assert "part at none of the first 0 of 10 operations" in error.problems[0].what


def test_prove_of_nan_refuses(rows, tmp_path):
    error = refusal(linear_changed(intercept=lambda x: x + np.float32(np.nan)), rows, tmp_path)
    assert "by inf at most" in error.problems[0].received


def test_prove_of_a_runtime_that_raises_says_what_it_says(rows):
    def runtime(_):
        raise RuntimeError("Unexpected input data type")

    with pytest.raises(ParityError) as refused:
        prove(MODEL, FACTS, NumpyFormat(), runtime, rows)
    assert refused.value.problems[0].received == "RuntimeError: Unexpected input data type"


def test_prove_of_a_model_that_was_read_wrongly_names_the_description(rows, tmp_path):
    answers = {**rows.answers, "probability": rows.answers["probability"] * np.float32(0.9)}
    with pytest.raises(ParityError) as refused:
        proven(NumpyFormat(), dataclasses.replace(rows, answers=answers), tmp_path)
    assert "part at the description" in refused.value.problems[0].what
