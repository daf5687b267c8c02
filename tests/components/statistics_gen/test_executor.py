"""StatisticsGen's executor beside TFX's own, by Beam, on the same files: every field alike."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.components.statistics_gen.example_files import (
    Row,
    compute,
    differences,
    examples_artifact,
    read,
    serialize,
    table_rows,
    write_split,
)
from tfx_pipeline.errors import StepError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ours() -> type:
    from tfx_pipeline.components.statistics_gen.executor import StatisticsGenExecutor

    return StatisticsGenExecutor


@pytest.fixture(scope="module")
def stock() -> type:
    from tfx.components.statistics_gen.executor import Executor

    return Executor


def no_beam(_executor: Any) -> Any:
    """Stand where an executor makes its pipeline."""
    raise AssertionError("Beam is not needed here")


def hard_rows() -> Iterator[Row]:
    """Give rows with what is rare: of 18 features, one is in no row, and one in the last alone."""
    random = np.random.default_rng(5)
    odd_floats = (math.nan, math.inf, -math.inf, 0.0, -0.0, 3.4e38, -1e-45)
    for number in range(20_000):
        row: dict[str, Any] = {
            "constant": [7],
            "constant float": [0.1],
            "few": [[b"a", b"b", b"", "äöü✓".encode(), b"\xff\xfe"][int(random.integers(5))]],
            "huge": [int(random.integers(-(2**63), 2**63 - 1))],
            "skewed": [float(random.pareto(0.3))],
            "normal": [float(random.normal())],
            "zeros": [int(random.integers(2))],
            "unique": [b"%06d" % random.integers(10**6)],
            "all nan": [math.nan],
            "all infinite": [-math.inf],
            "n" * 200: [number],
        }
        if number % 3:
            row["odd"] = [odd_floats[number % 7]]
        if number % 5 == 0:
            row["infinite up"] = [math.inf if number % 2 else float(number)]
        if number >= 15_000:
            row["late"] = [float(number)]
        if number == 19_999:
            row["once"] = [b"once"]
        yield row


def listed_rows() -> Iterator[Row]:
    """Give rows with several values, with none, and with features that say no kind."""
    random = np.random.default_rng(6)
    for number in range(3_000):
        length = int(random.integers(4))
        row: dict[str, Any] = {
            "ints": random.integers(0, 9, length).tolist() or [],
            "strings": [b"s%d" % value for value in random.integers(0, 99, length)],
            "one": [number],
            "no kind": None,
            "kind at last": None if number < 2_000 else [1.5],
        }
        if not length:
            del row["ints"]  # an empty list of integers cannot be told from one of bytes
        yield row


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(lambda data: table_rows(data / "taxi/data.csv"), id="taxi"),
        pytest.param(lambda data: table_rows(data / "ames/ames.csv"), id="ames"),
        pytest.param(lambda data: table_rows(data / "penguins/penguins.csv"), id="penguins"),
        pytest.param(lambda _data: hard_rows(), id="hard"),
        pytest.param(lambda _data: listed_rows(), id="lists"),
    ],
)
def test_do_beside_tfx_own_executor_gives_the_same_in_every_field(
    rows: Any, repository: Path, tmp_path: Path, stock: type, ours: type, monkeypatch: Any
) -> None:
    records = [serialize(row) for row in rows(repository / "data")]
    write_split(tmp_path / "examples", [records])
    examples = examples_artifact(tmp_path / "examples")
    expected = compute(stock, examples, tmp_path / "stock")
    monkeypatch.setattr(ours, "_make_beam_pipeline", no_beam)
    found = compute(ours, examples, tmp_path / "ours")
    assert read(found).num_examples == len(records)
    assert differences(read(found), read(expected)) == []
    assert found.mlmd_artifact.custom_properties == expected.mlmd_artifact.custom_properties
    assert found.mlmd_artifact.properties == expected.mlmd_artifact.properties
    assert [path.name for path in Path(found.uri).rglob("*.pb")] == ["FeatureStats.pb"]


def test_do_with_many_distinct_strings_in_shards_counts_each(
    tmp_path: Path, stock: type, ours: type
) -> None:
    order = np.random.default_rng(7).permutation(150_000)
    records = [serialize({"id": [b"id %06d" % (number // 2 * 2)]}) for number in order]
    write_split(tmp_path / "examples", [records[:70_000], records[70_000:]])
    examples = examples_artifact(tmp_path / "examples")
    found = read(compute(ours, examples, tmp_path / "ours"))
    assert found.features[0].string_stats.unique == 75_000
    assert differences(found, read(compute(stock, examples, tmp_path / "stock"))) == []


def test_do_with_other_threads_gives_the_same_bytes(
    tmp_path: Path, ours: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfx_pipeline.components.statistics_gen import split_statistics
    from tfx_pipeline.ingestion.examples import record_blocks

    records = [serialize(row) for row in hard_rows()]
    write_split(tmp_path / "examples", [records[:12_345], records[12_345:]])
    examples = examples_artifact(tmp_path / "examples")
    monkeypatch.setattr(record_blocks, "_BLOCK_BYTES", 1 << 16)
    contents = []
    for threads in (1, 2, 7):
        monkeypatch.setattr(split_statistics, "_THREADS", threads)
        found = compute(ours, examples, tmp_path / f"{threads}")
        contents.append((Path(found.uri) / "Split-train/FeatureStats.pb").read_bytes())
    assert contents[0] == contents[1] == contents[2]


def test_do_with_three_splits_writes_those_that_are_not_excluded(
    tmp_path: Path, ours: type
) -> None:
    for number, split in enumerate(("train", "eval", "test"), start=1):
        write_split(tmp_path / "examples", [[serialize({"a": [1]})] * number], split)
    examples = examples_artifact(tmp_path / "examples", ("train", "eval", "test"))
    found = compute(ours, examples, tmp_path / "ours", exclude_splits='["eval"]')
    assert found.split_names == '["train", "test"]'
    assert {path.name for path in Path(found.uri).iterdir()} == {"Split-train", "Split-test"}
    assert [read(found, split).num_examples for split in ("train", "test")] == [1, 3]


def test_do_of_a_split_without_rows_writes_statistics_of_none(tmp_path: Path, ours: type) -> None:
    write_split(tmp_path / "examples", [[]])
    found = read(compute(ours, examples_artifact(tmp_path / "examples"), tmp_path / "ours"))
    assert (found.num_examples, len(found.features)) == (0, 0)


def test_do_of_a_split_without_files_is_refused(tmp_path: Path, ours: type) -> None:
    (tmp_path / "examples/Split-train").mkdir(parents=True)
    with pytest.raises(StepError, match="the split `train` of the examples has no file"):
        compute(ours, examples_artifact(tmp_path / "examples"), tmp_path / "ours")


def test_do_with_values_of_two_kinds_names_the_feature(tmp_path: Path, ours: type) -> None:
    files = [[serialize({"a": [1]})], [serialize({"a": [1.5]})]]
    write_split(tmp_path / "examples", files)
    with pytest.raises(StepError, match="feature `a` has values of two kinds"):
        compute(ours, examples_artifact(tmp_path / "examples"), tmp_path / "ours")
    assert not list((tmp_path / "ours").rglob("*.pb"))


@pytest.mark.parametrize("wish", ["options", "samples", "pattern"])
def test_do_with_wishes_that_tfdv_alone_grants_runs_tfx_own(
    wish: str, tmp_path: Path, ours: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorflow_data_validation import StatsOptions

    write_split(tmp_path / "examples", [[serialize({"a": [1], "b": [2]})]])
    examples = examples_artifact(tmp_path / "examples")
    properties: dict[str, Any] = {}
    if wish == "options":
        properties["stats_options_json"] = StatsOptions(feature_allowlist=["a"]).to_json()
    elif wish == "samples":
        properties["sample_rate_by_split"] = '{"train": 1.0}'
    else:
        pattern = '{"train": "Split-train/*"}'
        examples.set_string_custom_property("custom_split_pattern", pattern)
    found = read(compute(ours, examples, tmp_path / "ours", **properties))
    assert len(found.features) == (1 if wish == "options" else 2)
    monkeypatch.setattr(ours, "_make_beam_pipeline", no_beam)
    with pytest.raises(AssertionError, match="Beam is not needed here"):
        compute(ours, examples, tmp_path / "again", **properties)
