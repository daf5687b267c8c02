"""Columns that moved are found, and those that did not are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.evaluation.distances.columns import (
    Categories,
    Column,
    Numbers,
    effective_rows,
)
from tfx_pipeline.evaluation.distances.compare import Bounds, Comparison, compare, holm
from tfx_pipeline.evaluation.distances.histograms import Histogram

USUAL = Bounds(0.05, 0.05)
KINDS = ("normal", "heavy", "zeros", "gaps", "flag", "rare", "zipf", "many", "constant")


def made(kind: str, rows: int, dice: np.random.Generator) -> Column:
    if kind in ("flag", "rare", "constant"):
        share = {"flag": 0.3, "rare": 0.002, "constant": 0.0}[kind]
        return Categories((dice.random(rows) < share).astype(int), ("a", "b"))
    if kind in ("zipf", "many"):
        codes = np.minimum(dice.zipf(1.5, rows), 300) - 1
        codes = dice.integers(0, 200, rows) if kind == "many" else codes
        return Categories(codes, tuple(map(str, range(300))))
    normal = dice.normal(size=rows)
    values = {
        "normal": normal,
        "heavy": np.exp(2 * normal),
        "zeros": np.where(dice.random(rows) < 0.6, 0, normal),
        "gaps": np.where(dice.random(rows) < 0.3, np.nan, normal),
    }
    return Numbers(values[kind])


def judged(before: Column, after: Column, bounds: Bounds = USUAL) -> Comparison:
    rows = [len(x.values if isinstance(x, Numbers) else x.codes) for x in (before, after)]
    (found,) = compare({"x": Histogram.learn(before, rows[0])}, {"x": after}, rows[1], bounds)
    return found


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "columns"), [((3000, 1500), 200), ((1000, 40), 1000)])
def test_compare_of_many_columns_that_did_not_move_seldom_raises_an_alarm(
    sizes: tuple[int, int], columns: int
) -> None:
    dice, alarms, runs = np.random.default_rng(7), 0, 20
    for run in range(runs):
        kinds = {f"{kind}{i}": kind for i in range(columns // len(KINDS) + 1) for kind in KINDS}
        reference = {
            n: Histogram.learn(made(k, sizes[0], dice), sizes[0]) for n, k in kinds.items()
        }
        sample = {name: made(kind, sizes[1], dice) for name, kind in kinds.items()}
        found = compare(reference, sample, sizes[1], Bounds(0.05, 0.0, run))
        alarms += any(each.moved for each in found)
    assert alarms <= 3  # of 20 runs at 5 %, more has a probability of 1.6 %


@pytest.mark.parametrize(("columns", "least"), [(1, 48), (20, 43), (1000, 38)])
def test_compare_finds_a_shift_of_a_fifth_of_the_deviation_in_3000_rows(
    columns: int, least: int
) -> None:
    dice, moved = np.random.default_rng(1), 0
    bounds = Bounds(0.01 / columns, 0.05)  # as if so many were judged
    for _ in range(50):
        before, after = Numbers(dice.normal(size=3000)), Numbers(dice.normal(0.2, 1, 3000))
        moved += judged(before, after, bounds).moved
    assert moved >= least


def test_compare_of_few_rows_gives_a_large_distance_and_no_alarm() -> None:
    dice = np.random.default_rng(2)
    found = judged(Numbers(dice.normal(size=1000)), Numbers(dice.normal(size=10)))
    assert found.distance is not None and found.distance > 0.4 and not found.moved
    assert found.unjudged == "10 rows are too few to tell"


def test_compare_of_many_rows_passes_over_what_is_too_small_to_matter() -> None:
    dice = np.random.default_rng(3)
    before, after = Numbers(dice.normal(size=200_000)), Numbers(dice.normal(0.03, 1, 200_000))
    found = judged(before, after)
    assert found.p_value is not None and found.p_value < 1e-6 and not found.moved


def test_compare_names_the_bins_that_moved_most() -> None:
    before = Categories(np.repeat([0, 1, 2], [500, 300, 200]), ("Cash", "Card", "Other"))
    after = Categories(np.repeat([0, 1, -1], [500, 450, 50]), ("Cash", "Card"))
    found = judged(before, after)
    assert found.moved
    assert [str(each) for each in found.bins] == [
        "Other: 20 % -> 0 %",
        "Card: 30 % -> 45 %",
        "(missing): 0 % -> 5 %",
    ]


def test_compare_says_of_ids_and_counters_what_they_are() -> None:
    names = tuple(f"row {i}" for i in range(1000))
    before, after = (Categories(np.arange(500) + start, names) for start in (0, 500))
    assert "as names of rows do" in judged(before, after).unjudged
    counter = [Numbers(np.arange(500.0) + start, is_whole=True) for start in (0, 500)]
    found = judged(*counter)
    assert (
        found.unjudged == "100% of its values lie beyond the reference's, as those of a counter do"
    )
    assert found.distance is not None and not found.moved


def test_compare_with_columns_switched_off_measures_them() -> None:
    sample: dict[str, Column] = {"x": Numbers(np.arange(100.0) + 1000), "new": Numbers(np.ones(9))}
    reference = {"x": Histogram.learn(Numbers(np.arange(100.0)), 100)}
    off, new = compare(reference, sample, 100, Bounds(0.05, 0.05), {"x": "switched off"})
    assert (off.moved, off.unjudged) == (False, "switched off")
    assert off.distance is not None and off.distance > 0.5
    assert new.unjudged == "the reference does not have it"


def test_compare_of_another_kind_says_so() -> None:
    found = judged(Numbers(np.arange(100.0)), Categories(np.zeros(100, int), ("a",)))
    assert found.unjudged == "its values are texts now"


def test_effective_rows_counts_copies_once() -> None:
    assert effective_rows(np.repeat(np.arange(100), 30)) == 100
    assert effective_rows(np.arange(100)) == 100
    assert effective_rows(np.zeros(0, int)) == 0


def test_holm_corrects_as_published() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_histogram_survives_json_and_counts_every_row(kind: str) -> None:
    import json

    column = made(kind, 777, np.random.default_rng(4))
    learned = Histogram.learn(column, 777)
    read = Histogram.from_json(json.loads(json.dumps(learned.to_json(), allow_nan=False)))
    assert read == learned
    counts = read.count(column)
    assert counts is not None and counts.sum() == 777 and len(counts) == len(read.names)


@pytest.mark.parametrize("kind", ["normal", "zipf"])
def test_compare_of_a_column_without_any_value_now_says_that_it_is_missing(kind: str) -> None:
    dice = np.random.default_rng(1)
    reference = {name: Histogram.learn(made(kind, 500, dice), 500) for name in ("kept", "gone")}
    found = compare(reference, {"kept": made(kind, 500, dice)}, 500, USUAL)
    assert [(each.feature, each.moved) for each in found] == [("kept", False), ("gone", True)]
    assert (found[1].bins[0].name, found[1].bins[0].after) == ("(missing)", 1.0)
