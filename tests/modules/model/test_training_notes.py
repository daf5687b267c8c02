"""Features that tell the model nothing, named with their values."""

from __future__ import annotations

import numpy as np
import pytest

from tests.modules.tables import Table, make_config, make_fn_args, transform_config
from tfx_pipeline.modules.model.note_file import Note, read_notes, write_notes
from tfx_pipeline.modules.model.training_notes import too_coarse
from tfx_pipeline.modules.training import run_fn

pytestmark = [pytest.mark.slow, pytest.mark.once]
N = 60
COLUMNS = {
    "good": [float(i) for i in range(N)],
    "flat": [7.5] * N,
    "flat_int": [1_700_000_000] * N,
    "some": [3 if i % 2 else None for i in range(N)],
    "below": [-float(i) for i in range(N)],
    "raw_seconds": [1_700_000_000 + i for i in range(N)],
    "coarse": [1_700_000_000 + 10 * i for i in range(N)],
    "fine": [1_700_000_000 + i for i in range(N)],
    "one": ["only"] * N,
    "rare": [f"name {i}" for i in range(N)],
    "bucket": [float(i) for i in range(N)],
    "midnight": [86_400 * i for i in range(N)],
    "two": [i % 2 for i in range(N)],
    "key": [f"key {i}" for i in range(N)],
    "huge": [3e38 if i % 2 else -3e38 for i in range(N)],
    "y": [i // 2 % 2 for i in range(N)],
}
KINDS = {name: type(next(x for x in values if x is not None)) for name, values in COLUMNS.items()}
FEATURES = {
    "good": {"kind": "numeric"},
    "flat": {"kind": "numeric"},
    "flat_int": {"kind": "numeric", "scale": "minmax"},
    "some": {"kind": "numeric"},
    "below": {"kind": "numeric", "scale": "log_zscore"},
    "raw_seconds": {"kind": "numeric", "scale": "none"},
    "coarse": {"kind": "numeric", "scale": "none"},
    "fine": {"kind": "numeric"},
    "one": {"kind": "categorical"},
    "rare": {"kind": "categorical", "min_frequency": 2},
    "bucket": {"kind": "bucketized", "boundaries": [-5.0]},
    "midnight": {"kind": "timestamp", "parts": ["hour", "weekday"]},
    "two": {"kind": "categorical"},
    "key": {"kind": "categorical", "target": True},
    "huge": {"kind": "numeric"},
}
NOTHING = "the model learns nothing from it"
EXPECTED = {
    "flat": f"is 7.5 in every training row: {NOTHING}",
    "flat_int": f"is 1700000000 in every training row: {NOTHING}",
    "some": f"is 3 in every training row that has a value (30 have none): {NOTHING}",
    "below": "runs from -59 to 0, and is the same in every training row as `below_scaled` with"
    f" scale log_zscore: {NOTHING}",
    "raw_seconds": "runs from 1700000000 to 1700000059, and is the same in every training row as"
    f" `raw_seconds_scaled` with scale none: {NOTHING}",
    "coarse": "is kept by float32 in steps of 128 only: choose the scale zscore, which is computed"
    " in float64 (received none)",
    "one": f"is only in every training row: {NOTHING}",
    "rare": "holds name 0, name 1, name 10 and perhaps others, and is the same in every training"
    f" row as `rare_id`: {NOTHING}",
    "bucket": "runs from 0 to 59, and is the same in every training row as `bucket_bucket`:"
    f" {NOTHING}",
    "midnight": "runs from 0 to 5097600, and is the same in every training row as"
    f" `midnight_hour_part`: {NOTHING}",
    "key": "holds key 0, key 1, key 10 and perhaps others, and is the same in every training row as"
    " `key_target`: no two of its categories have rows enough, and labels that differ;"
    f" {NOTHING}",
}


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notes")
    config = make_config(
        label={"column": "y", "task": "binary"},
        features=FEATURES,
        model={"family": "linear"},
    )
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
    table = Table(KINDS, rows)
    artifact = table.analyze(transform_config(config), folder)
    file = table.write(folder / "rows.gz")
    run_fn(make_fn_args(config, artifact, file, file, folder))
    return {note.keys: note.text for note in read_notes(folder / "run")}


@pytest.mark.parametrize("name", EXPECTED)
def test_feature_that_tells_nothing_is_named_with_its_value(notes, name):
    assert notes["features", name] == f"feature `{name}` {EXPECTED[name]}"


def test_features_that_vary_are_not_named(notes):
    assert {keys[1] for keys in notes} == EXPECTED.keys()


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([0, 1], 0),
        ([1.7e9, 1.7e9 + 500], 128),
        ([1.7e9, 1.8e9], 0),
        ([16_777_216, 16_777_218], 2),
        ([3e38, -3e38], 0),
        ([1e-30, 2e-30], 0),
    ],
)
def test_too_coarse_measures_steps_by_the_deviation(values, step):
    assert too_coarse(np.array(values, np.float32)) == step


def test_run_fn_label_that_float32_does_not_keep_apart_raises_with_the_remedy(tmp_path):
    config = make_config(
        label={"column": "raw_seconds", "task": "regression"},
        features={"good": {"kind": "numeric"}},
        model={"family": "linear"},
    )
    rows = [{"good": float(i), "raw_seconds": 1_700_000_000 + 10 * i} for i in range(N)]
    table = Table({"good": float, "raw_seconds": int}, rows)
    artifact = table.analyze(transform_config(config), tmp_path)
    file = table.write(tmp_path / "rows.gz")
    with pytest.raises(ValueError, match=r"label\.rule: \(raw_seconds\) - 1700000000"):
        run_fn(make_fn_args(config, artifact, file, file, tmp_path))


def test_read_notes_gives_what_was_written_and_none_where_nothing_was(tmp_path):
    assert read_notes(tmp_path) == []
    notes = [Note("feature `ä b` is 1", ("features", "ä b"))]
    write_notes(str(tmp_path), notes)
    assert read_notes(tmp_path) == notes
