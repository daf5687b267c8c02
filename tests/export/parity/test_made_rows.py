"""Rows made to hurt: what is in them, and that they are the same each time."""

import numpy as np
import pytest

from tests.export.parity.described import COLUMNS, blend, description
from tfx_pipeline.export.parity.hurting_cells import hurting_cells
from tfx_pipeline.export.parity.landmarks import landmarks
from tfx_pipeline.export.parity.made_rows import made_rows

REAL = {
    "fare": np.float32([8, 9.5, 30]),
    "miles": np.float32([1, 2, np.nan]),
    "area": np.array([7.0, 33.0, np.nan]),
    "started": np.array([1.4e9, 1.5e9, 1.6e9]),
    "way": np.array(["Cash", "Karte 7", ""], object),
    "price": np.array(["1.200,5 €", "90 €", ""], object),
    "day": np.array(["29.02.2024", "01.01.2020", ""], object),
    "size": np.array(["small", "large", ""], object),
}


@pytest.fixture(scope="module")
def cells():
    marks = landmarks(description(blend()))
    return {x.name: hurting_cells(x, marks[x.name], REAL[x.name]) for x in COLUMNS}


@pytest.fixture(scope="module")
def rows():
    return made_rows(description(blend()), REAL, 2_000)


def values(cells):
    return [value for value, _ in cells]


def test_hurting_cells_of_numbers_are_missing_infinite_huge_and_beside_boundaries(cells):
    fares = values(cells["fare"])
    assert np.isnan(fares).any()
    boundary = np.float32(12.5)
    beside = [float(np.nextafter(boundary, np.float32(x))) for x in (0, 100)]
    for number in (np.inf, -np.inf, 12.5, *beside, -99.0, float(np.finfo(np.float32).max)):
        assert number in fares
    assert all(np.isnan(x) or float(np.float32(x)) == x for x in fares)
    # TensorFlow takes what is nearer to 0 for 0, or not, by its threads.
    least = float(np.finfo(np.float32).tiny)
    assert least in fares and not any(0 < abs(x) < least for x in fares)


def test_hurting_cells_of_whole_numbers_are_fractions_and_ambiguous_ones(cells):
    areas = values(cells["area"])
    for number in (7.5, 33.5, 8.0, 2.0**53, 2.0**53 - 1, -(2.0**53), 2.0**64):
        assert number in areas


def test_hurting_cells_of_texts_are_disguised(cells):
    ways = values(cells["way"])
    for text in ("", "cash", "CASH", " Cash", "Cash ", "Cas", "(never seen)", "Karte ٧", "日本語"):
        assert text in ways


def test_hurting_cells_of_parsed_texts_are_written_as_the_column_is(cells):
    assert {"60,0", "140,0"} <= {*values(cells["price"])}
    assert {"31.12.1999", "01.01.2000"} <= {*values(cells["day"])}
    assert {"SMALL", " large"} <= {*values(cells["size"])}


def test_made_rows_hold_each_cell_once_then_several_a_row(rows):
    changed = np.array([len(hurts) for hurts in rows.hurts])
    assert (changed[:900] == 1).all()
    assert (changed[1_000:] > 3).sum() > 200
    assert np.isnan(rows.cells["fare"]).any()
    assert rows.cells["fare"].dtype == np.float32
    assert rows.cells["area"].dtype == np.float64


def test_made_rows_say_what_was_changed_and_leave_the_rest(rows):
    for row in range(50):
        (changed,) = rows.hurts[row]
        others = [name for name in REAL if name != changed]
        sure = "started" if changed != "started" else "fare"
        source = REAL[sure].tolist().index(rows.cells[sure][row])
        for name in others:
            np.testing.assert_equal(rows.cells[name][row], REAL[name][source])


def test_made_rows_are_the_same_each_time(rows):
    again = made_rows(description(blend()), REAL, 2_000)
    for name, cells in rows.cells.items():
        np.testing.assert_equal(again.cells[name], cells)
    assert again.hurts == rows.hurts


def test_made_rows_without_real_ones_are_of_missing_cells():
    rows = made_rows(description(), {}, 500)
    untouched = [place for place, hurts in enumerate(rows.hurts) if "way" not in hurts]
    assert {rows.cells["way"][place] for place in untouched} == {""}
    assert len(rows.cells["fare"]) == 500
