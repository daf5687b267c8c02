"""What is measured of rows becomes findings of the severity that was asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tfx_pipeline.components.data_gate.measure import measure
from tfx_pipeline.components.data_gate.samples import Sample
from tfx_pipeline.components.data_gate.settings import CheckSettings
from tfx_pipeline.evaluation.data_verdict import DataVerdict
from tfx_pipeline.evaluation.distances.columns import Categories, Column, Numbers
from tfx_pipeline.evaluation.distances.compare import Bounds

SETTINGS = CheckSettings(
    "p",
    {"anomalies": "error", "drift": "warn", "skew": "warn", "leaks": "warn"},
    Bounds(0.01, 0.05),
    Bounds(0.01, 0.05),
    0.995,
    features={"fare": "numeric", "key": "categorical", "start": "timestamp"},
    timestamp_units={"start": "ms"},
    label={"column": "tips", "task": "binary", "rule": "tips > 0.2 * fare", "classes": []},
    label_time=("end", "s"),
)


def sample(seed: int, rows: int = 2000, first: int = 0, **others: Column) -> Sample:
    dice = np.random.default_rng(seed)
    columns: dict[str, Column] = {
        "fare": Numbers(dice.normal(10, 2, rows).astype(np.float32)),
        "tips": Numbers(dice.uniform(0, 4, rows).astype(np.float32)),
        "start": Numbers(dice.uniform(0, 1000, rows)),
        "end": Numbers(np.full(rows, 1.0)),
        **others,
    }
    hashes = np.arange(first, first + rows)
    return Sample(columns, None, hashes, hashes)


def whats(verdict: DataVerdict) -> list[str]:
    return [f"{x.check} {x.severity} {x.problem.what.split('`')[1]}" for x in verdict.findings]


def test_measure_of_like_splits_finds_nothing_and_says_that_there_was_no_reference() -> None:
    verdict = measure(SETTINGS, {"train": sample(1), "eval": sample(2, 900, 2000)}, None, [])
    assert (verdict.findings, verdict.rows_in_train_too) == ([], {"eval": 0})
    assert verdict.notes == [
        "drift was not measured: no other data of this pipeline have passed before"
    ]
    assert set(verdict.powers) == {"fare", "start"} and len(verdict.skew["eval"]) == 4


def test_measure_finds_drift_and_skew_and_the_severity_of_a_column_goes_first() -> None:
    before = measure(SETTINGS, {"train": sample(1)}, None, [])
    moved = {"fare": Numbers(np.random.default_rng(3).normal(13, 2, 2000))}
    samples = {"train": sample(4, **moved), "eval": sample(5, first=2000)}
    assert whats(measure(SETTINGS, samples, before, [])) == ["drift warn fare", "skew warn fare"]
    columns = {"fare": {"drift": "error", "skew": "off"}}
    found = measure(replace(SETTINGS, columns=columns), samples, before, [])  # type: ignore[arg-type]
    assert whats(found) == ["drift error fare"]
    assert [x.what for x in found.refusals] == [
        "feature `fare` is distributed otherwise, against the last data that passed (2,000 rows)"
    ]
    assert max(each["distance"] for each in found.skew["eval"]) > 0.3  # recorded all the same


def test_measure_finds_each_kind_of_leak() -> None:
    names = tuple(map(str, range(2000)))
    late = {"start": Numbers(np.repeat([500.0, 1500.0], [1990, 10]))}
    train = sample(1, key=Categories(np.arange(2000), names), **late)
    told = {"fare": Numbers(np.where(train.columns["tips"].values > 2, 1.0, 90.0))}  # type: ignore[union-attr]
    train = replace(train, columns={**train.columns, **told})
    evaluated = sample(2, 100, 1990, fare=Numbers(told["fare"].values[:100]))
    verdict = measure(SETTINGS, {"train": train, "eval": evaluated}, None, [])
    leaks = [each.problem for each in verdict.findings if each.check == "leaks"]
    assert [each.what[:40] for each in leaks] == [
        "feature `fare` alone tells the label alm",
        "feature `key` names rows, as an id does:",
        "feature `start` is later than the label,",
        "rows of the eval split are in the train ",
    ]
    assert leaks[2].received == "in 10 of 2,000 rows (0.50%) of the train split"
    assert leaks[3].received == "10 of 100 rows (10.00%)"


def test_settings_and_verdict_survive_json(tmp_path: Path) -> None:
    assert CheckSettings.from_json(SETTINGS.to_json()) == SETTINGS
    verdict = measure(SETTINGS, {"train": sample(1), "eval": sample(2, 900, 2000)}, None, [])
    verdict.write(tmp_path)
    read = DataVerdict.read(tmp_path)
    assert read.histograms == verdict.histograms and read.to_json() == verdict.to_json()


@pytest.mark.parametrize("check", ["drift", "skew"])
def test_settings_severity_of_a_column_is_that_of_the_check_unless_said(check: str) -> None:
    settings = replace(SETTINGS, columns={"fare": {check: "off"}})  # type: ignore[dict-item]
    assert settings.severity(check, "fare") == "off"  # type: ignore[arg-type]
    assert settings.severity(check, "tips") == "warn"  # type: ignore[arg-type]


def test_measure_finds_no_skew_in_the_column_that_divides_the_splits() -> None:
    early, late = Numbers(np.arange(2000.0)), Numbers(np.arange(2000.0, 2900.0))
    samples = {"train": sample(1, fare=early), "eval": sample(2, 900, 2000, fare=late)}
    assert whats(measure(SETTINGS, samples, None, [])) == ["skew warn fare"]
    by_fare = replace(SETTINGS, split_columns=("fare",))
    verdict = measure(by_fare, samples, None, [])
    assert verdict.findings == []
    (fare,) = [each for each in verdict.skew["eval"] if each["feature"] == "fare"]
    assert fare["unjudged"] == "it divides the splits"
    moved = measure(by_fare, {"train": sample(1, 900, fare=late)}, verdict, [])
    assert whats(moved) == ["drift warn fare"]


def test_measure_of_few_different_rows_says_that_drift_was_not_measured() -> None:
    before = measure(SETTINGS, {"train": sample(1)}, None, [])
    after = replace(sample(2), hashes=np.arange(2000) % 6)
    verdict = measure(SETTINGS, {"train": after}, before, [])
    assert verdict.notes == [
        "drift was not measured: 6 rows are too few to tell (copies are counted once)"
    ]
    assert measure(SETTINGS, {"train": sample(2)}, before, []).notes == []
