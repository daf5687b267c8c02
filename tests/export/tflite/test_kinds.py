"""Kinds of numbers: sizes, what they lose, what they refuse."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.export.tflite import made
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.rows import Rows
from tfx_pipeline.export.tflite.calibration import ranges_of
from tfx_pipeline.export.tflite.facts_text import read_facts
from tfx_pipeline.export.tflite.heads.layers import Kind
from tfx_pipeline.export.tflite.kinds import KINDS, emit, kinds_of
from tfx_pipeline.export.tflite.runtime import TfliteRuntime
from tfx_pipeline.modules.description.heads import NetworkHead

ROWS = made.hurting_rows(1000)
TRAINING = {name: values[500:] for name, values in ROWS.items()}
FAMILIES = ("network", "wide", "mlp", "blend")


def _probability(content: bytes, rows: Rows = ROWS) -> Any:
    return TfliteRuntime(content)(rows)["probability"]


@pytest.fixture(scope="module")
def written() -> Mapping[tuple[str, Kind], bytes]:
    return {
        (family, kind): emit(made.described(family), made.FACTS, kind, TRAINING)
        for family in FAMILIES
        for kind in KINDS
    }


@pytest.mark.parametrize(
    ("kind", "limit"), [("float32", 3e-6), ("float16", 2e-3), ("dynamic", 0.02), ("int8", 0.06)]
)
@pytest.mark.parametrize("family", FAMILIES)
def test_emit_a_kind_answers_about_as_the_oracle_does(
    written: Mapping[tuple[str, Kind], bytes], family: str, kind: Kind, limit: float
) -> None:
    expected = numpy_form.answers(made.described(family), ROWS)["probability"]

    difference = np.abs(_probability(written[family, kind]) - expected)

    assert difference.max() <= limit
    assert (difference.max() > 1e-6) == (kind != "float32")


@pytest.mark.parametrize("family", FAMILIES)
def test_emit_smaller_kinds_have_smaller_files(
    written: Mapping[tuple[str, Kind], bytes], family: str
) -> None:
    sizes = [len(written[family, kind]) for kind in KINDS]

    assert sizes[0] > sizes[1] > sizes[2]
    assert sizes[3] < sizes[1]
    assert [read_facts(written[family, kind])["kind"] for kind in KINDS] == list(KINDS)


def test_emit_int8_numbers_beyond_the_calibrated_ones_stand_at_the_end() -> None:
    description = made.described("mlp")
    usual = {name: values[:1] for name, values in ROWS.items()}
    content = emit(description, made.FACTS, "int8", usual)

    assert np.isfinite(_probability(content)).all()


@pytest.mark.parametrize("kind", ["dynamic", "int8"])
def test_emit_a_number_far_from_training_rows_leaves_the_others_their_say(kind: Kind) -> None:
    """Of 256 steps up to a million none would be left for those that are near 1."""
    usual = made.described("wide")
    assert isinstance(usual.head, NetworkHead) and usual.head.wide_numbers is not None
    # Their weights are small: at a million, these numbers say about as much as others do.
    small = np.ones((sum(made.WIDTHS.values()), 1), np.float32)
    small[:8] = 1e-6
    first, *others = usual.head.hidden
    kernel = np.concatenate([first.kernel[: len(small)] * small, first.kernel[len(small) :]])
    wide = dataclasses.replace(
        usual.head.wide_numbers, kernel=usual.head.wide_numbers.kernel * small
    )
    hidden = (dataclasses.replace(first, kernel=kernel), *others)
    head = dataclasses.replace(usual.head, varies=None, hidden=hidden, wide_numbers=wide)
    description = dataclasses.replace(usual, head=head)

    got = _probability(emit(description, made.FACTS, kind, TRAINING))

    assert np.abs(got - numpy_form.answers(description, ROWS)["probability"]).max() <= 0.06


def test_ranges_of_rows_are_those_of_the_layers() -> None:
    ranges = ranges_of(made.described("network"), TRAINING)

    assert all(low <= high for low, high in ranges.values())
    low, high = ranges["layer_0/in"]  # vectors of ids, drawn from a normal distribution
    assert -5 < low < -1 and 1 < high < 5


def test_kinds_of_a_model_without_a_network_are_float32_alone() -> None:
    assert kinds_of(made.described("trees")) == kinds_of(made.described("linear")) == ("float32",)
    assert kinds_of(made.described("blend"), ("int8", "dynamic")) == ("int8", "dynamic")


@pytest.mark.parametrize(
    ("kind", "rows"), [("int8", None), ("int8", {}), ("int8", {"miles": np.zeros(0)}), ("int4", {})]
)
def test_emit_what_a_kind_lacks_is_told(kind: Any, rows: Any) -> None:
    with pytest.raises(ConfigError) as raised:
        emit(made.described("mlp"), made.FACTS, kind, rows)

    (problem,) = raised.value.problems
    assert problem.place == "export.tflite.kinds"
    assert problem.received in ("no training rows", "int4")
