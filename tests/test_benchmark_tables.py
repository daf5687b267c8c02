"""The benchmark of real tables: its list, its metrics, its intervals, and a small run of it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

Import = Callable[[str], ModuleType]


@pytest.fixture
def part(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Import:
    """Import a module of `benchmarks/real_tables/`, as the script there does."""
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    return lambda name: importlib.import_module(f"real_tables.{name}")


def test_list_holds_both_halves_of_each_task_and_no_name_twice(part: Import) -> None:
    tables = part("listed").TABLES
    assert len({table.name for table in tables}) == len(tables) >= 24
    for half in ("choose", "report"):
        tasks = [table.task for table in part("listed").chosen_tables(half=half)]
        assert len(tasks) >= 10
        assert set(tasks) == {"binary", "multiclass", "regression"}


def test_half_of_a_table_follows_from_its_name_alone(part: Import) -> None:
    listed = part("listed")
    halves = {
        name: listed.BenchmarkTable(name, "sklearn:load_iris", "target", "multiclass").half
        for name in ("flights", "digits", "ames", "taxi")
    }
    assert halves == {"flights": "choose", "digits": "choose", "ames": "report", "taxi": "report"}


def test_chosen_tables_of_an_unknown_name_stop_with_those_there_are(part: Import) -> None:
    with pytest.raises(SystemExit, match="no table titanic; there are attrition, credit"):
        part("listed").chosen_tables("ames,titanic")


@pytest.mark.parametrize("classes", [2, 4])
def test_metrics_equal_those_of_scikit_learn(part: Import, classes: int) -> None:
    from sklearn import metrics

    random = np.random.default_rng(5)
    label = random.integers(0, classes, 500)
    probabilities = np.round(random.dirichlet(np.ones(classes), 500), 2) + 0.01  # with ties
    probabilities /= probabilities.sum(1, keepdims=True)
    found = part("metrics").metrics(label, probabilities)
    scores = probabilities[:, 1] if classes == 2 else probabilities
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(label, scores, multi_class="ovr"))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(label, probabilities))
    assert found["accuracy"] == metrics.accuracy_score(label, probabilities.argmax(1))
    numbers = random.normal(size=(2, 500))
    rmse = metrics.mean_squared_error(*numbers) ** 0.5
    assert part("metrics").metrics(numbers[0], numbers[1])["rmse"] == pytest.approx(rmse)


def test_weighted_metrics_count_a_row_as_often_as_its_weight(part: Import) -> None:
    metrics, random = part("metrics"), np.random.default_rng(1)
    label, weight = random.integers(0, 3, 200), random.integers(0, 4, 200)
    probabilities = random.dirichlet(np.ones(3), 200)
    twice = np.repeat(np.arange(200), weight)
    for metric in (metrics.auc, metrics.log_loss):
        ones = np.ones(len(twice))
        assert metric(label, probabilities, weight.astype(float)) == pytest.approx(
            metric(label[twice], probabilities[twice], ones)
        )


def test_calibration_error_is_the_gap_of_bins_weighted_by_their_rows(part: Import) -> None:
    share = np.array([0.1] * 10 + [0.9] * 30)
    label = np.array([1] * 3 + [0] * 7 + [1] * 24 + [0] * 6)
    error = part("metrics").calibration_error(label, np.stack([1 - share, share], 1))
    assert error == pytest.approx(0.25 * 0.2 + 0.75 * 0.1)


def _pair(part: Import, better_by: float, seed: int) -> tuple[Any, Any]:
    """Make answers of two ways on the same rows: noise of 1, and of less."""
    random = np.random.default_rng(seed)
    places = np.sort(random.choice(1500, 500, replace=False))
    label = np.random.default_rng(0).normal(size=1500)[places]
    noise = random.normal(size=(2, 500))
    make = part("results").Predictions
    ours = make(places, label, label + (1 - better_by) * noise[0])
    return ours, make(places, label, label + noise[1])


@pytest.mark.parametrize(
    ("better_by", "verdict"), [(0.3, "better"), (0.0, "not worse"), (-0.3, "worse")]
)
def test_difference_is_told_from_chance(part: Import, better_by: float, verdict: str) -> None:
    pairs = [_pair(part, better_by, seed) for seed in range(3)]
    found = part("intervals").difference(pairs, "rmse", draws=200)
    assert found.verdict == verdict
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(better_by, abs=0.1)


def test_interval_of_the_same_rows_in_all_seeds_is_no_narrower(part: Import) -> None:
    pair = _pair(part, 0.0, 0)
    once = part("intervals").difference([pair], "rmse", draws=200)
    thrice = part("intervals").difference([pair] * 3, "rmse", draws=200)
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))


def test_difference_of_other_rows_is_refused(part: Import) -> None:
    (ours, _), (_, theirs) = _pair(part, 0.0, 0), _pair(part, 0.0, 1)
    with pytest.raises(ValueError, match="different rows"):
        part("intervals").difference([(ours, theirs)], "rmse")


def test_encoding_makes_ids_by_training_frequency_and_numbers_of_dates(
    part: Import, tmp_path: Path
) -> None:
    file = tmp_path / "shop.csv"
    file.write_text(
        "when,town,paid,sold\n1970-01-02,B,1,no\n1970-01-03,A,,yes\n,B,2,no\n1970-01-11,C,3,yes\n"
        "1970-01-12,NA,4,no\n"
    )
    table = part("listed").BenchmarkTable("shop", "project:shop.csv", "sold", "binary")
    is_eval = np.array([False, False, False, True, True])
    found = part("encoding").split_table(table, file, is_eval)
    assert (found.number_names, found.category_names) == (("when", "paid"), ("town",))
    assert found.sizes == (4,)
    np.testing.assert_array_equal(found.train.ids[:, 0], [1, 2, 1])
    np.testing.assert_array_equal(found.eval.ids[:, 0], [3, 0])
    np.testing.assert_array_equal(found.train.numbers, [[1, 1], [2, np.nan], [np.nan, 2]])
    np.testing.assert_array_equal(found.eval.label, [1, 0])
    np.testing.assert_array_equal(found.places, [3, 4])
    assert found.classes == ("no", "yes")


def test_boosting_takes_columns_of_more_categories_than_it_knows(part: Import) -> None:
    random = np.random.default_rng(0)
    rows, train = part("encoding").Rows, random.integers(1, 401, (900, 1)).astype(np.int32)
    label = (train[:, 0] % 2).astype(np.int64)
    none = np.zeros((900, 0))
    table = part("encoding").SplitTable(
        *(rows(none, train, label), rows(none[:50], train[:50], label[:50])),
        *((), ("town",), (402,), ("even", "odd"), np.arange(50)),
    )
    for name in part("baselines").BASELINES:
        values = part("baselines").fit_baseline(name, table, 0).values
        assert values.shape == (50, 2)
        np.testing.assert_allclose(values.sum(1), 1)


def test_a_class_without_training_rows_has_probability_zero(part: Import) -> None:
    numbers = np.random.default_rng(0).normal(size=(60, 2))
    rows, ids = part("encoding").Rows, np.zeros((60, 0), np.int32)
    label = np.tile([0, 2], 30)
    table = part("encoding").SplitTable(
        *(rows(numbers, ids, label), rows(numbers, ids, label)),
        *(("a", "b"), (), (), ("x", "y", "z"), np.arange(60)),
    )
    values = part("baselines").fit_baseline("linear", table, 0).values
    assert values.shape == (60, 3)
    assert (values[:, 1] == 0).all()


def test_results_go_on_where_they_were_left_unless_the_split_is_another(
    part: Import, tmp_path: Path
) -> None:
    results = part("results")
    fit = results.Fit("shop", 0, "linear", "abc", 4, 0.1, 0.1, {"rmse": 1.0})
    said = results.Predictions(np.array([1, 3]), np.array([1.0, 2.0]), np.array([1.5, 2.5]))
    results.Results(tmp_path).add(fit, said)
    again = results.Results(tmp_path)
    assert again.has("shop", 0, "linear", "abc")
    assert not again.has("shop", 0, "linear", "another")
    assert not again.has("shop", 1, "linear", "abc")
    np.testing.assert_array_equal(again.predictions(fit).values, [1.5, 2.5])
    assert again.pairs("shop", "linear", "linear") == [(fit, fit)]
    other = results.Fit("shop", 0, "ours", "another", 4, 0.1, 0.1, {"rmse": 1.0})
    again.add(other, said)
    assert again.pairs("shop", "ours", "linear") == []


@pytest.mark.slow
@pytest.mark.once
def test_tables_measure_iris_and_report_the_last_way_against_the_first(
    part: Import,  # lets `tables` be found, too
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--tables=iris", "--seeds=0,1", "--ways=boosting,ours,fit-wide_deep"]
    words += ["--configs=plain", f"--folder={tmp_path}"]
    monkeypatch.setattr(sys, "argv", ["tables.py", *words])
    tables = importlib.import_module("tables")
    tables.main()
    first = capsys.readouterr().out
    assert "iris 0 boosting: auc 0.9" in first
    assert "| iris | auc |" in first
    assert "fit-wide_deep against boosting" in first
    fits = {(x.way, x.seed): x for x in part("results").Results(tmp_path / "results")}
    assert len(fits) == 6
    assert fits["ours", 0].metrics == fits["fit-wide_deep", 0].metrics  # the same model
    assert fits["ours", 0].metrics["auc"] > 0.9
    assert fits["ours", 0].split != fits["ours", 1].split
    assert 0.1 < fits["ours", 0].notes["export_mb"] < 20
    monkeypatch.setattr(sys, "argv", ["tables.py", *words])
    monkeypatch.setattr(tables, "run_ours", lambda *_: pytest.fail("measured again"))
    tables.main()
    assert "iris 0 boosting: auc" not in capsys.readouterr().out
