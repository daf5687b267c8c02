"""Averages of training rows that do not know the rows' own values."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table, make_config, make_fn_args, train_config, transform_config
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.note_file import read_notes
from tfx_pipeline.modules.model.out_of_fold import OutOfFold, out_of_fold_averages
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.model.transformed_rows import read_rows
from tfx_pipeline.modules.training import run_fn

pytestmark = [pytest.mark.slow, pytest.mark.once]
NAN = float("nan")


def by_hand(keys, values, folds, min_rows):
    """Follow the module's formula row by row."""
    given = ~np.isnan(values)
    overall = values[given].mean()
    kept = {k for k in set(keys) - {0} if (given & (keys == k)).sum() >= max(1, min_rows)}
    squares = sum(
        (given & (keys == k)).sum() * (values[given & (keys == k)].mean() - overall) ** 2
        for k in kept
    )
    deviation = np.sqrt(squares / given.sum())
    found = []
    for key, fold in zip(keys, folds, strict=True):
        others = values[given & (keys == key) & (folds != fold)]
        known = key != 0 and len(others) >= max(1, min_rows)
        found.append((others.mean() - overall) / deviation if known and deviation else 0.0)
    return found


@pytest.mark.parametrize("min_rows", [1, 2, 5, 1000])
@pytest.mark.parametrize("keys", [1, 3, 40, 500])
def test_averages_are_those_of_the_other_folds(keys, min_rows):
    random = np.random.default_rng(keys + min_rows)
    key = random.integers(0, keys + 1, 300)
    value = np.where(random.random(300) < 0.1, NAN, 1000 + random.normal(size=300))
    fold = random.integers(0, 5, 300)
    found = out_of_fold_averages(key, value, fold, min_rows)
    np.testing.assert_allclose(found, by_hand(key, value, fold, min_rows), rtol=1e-4, atol=1e-5)


def test_unique_keys_are_unknown_in_training():
    found = out_of_fold_averages(np.arange(1, 101), np.arange(100.0), np.arange(100) % 5, 1)
    assert not found.any()


def test_own_value_has_no_part_in_the_feature():
    key, fold = np.repeat(np.arange(1, 21), 10), np.arange(200) % 5
    value = np.random.default_rng(0).normal(size=200)
    before = out_of_fold_averages(key, value, fold, 1)
    mine = (key == 7) & (fold == 2)
    other = np.where(mine, value + 100, value)
    # Only overall and deviation, the same for all rows, know of it.
    a, b = np.polyfit(before[key != 7], out_of_fold_averages(key, other, fold, 1)[key != 7], 1)
    np.testing.assert_allclose(
        out_of_fold_averages(key, other, fold, 1)[mine], a * before[mine] + b, atol=1e-5
    )


def table_of(rows, seed=0, keys=None):
    random = np.random.default_rng(seed)
    keys = [f"id {i}" for i in range(rows)] if keys is None else keys
    labels, noise = random.integers(0, 2, rows), random.normal(size=rows)
    return Table(
        {"key": str, "x": float, "y": int},
        [
            {"key": key, "x": x, "y": y}
            for key, x, y in zip(keys, noise.tolist(), labels.tolist(), strict=True)
        ],
    )


CONFIG = make_config(
    label={"column": "y", "task": "binary"},
    features={"x": {"kind": "numeric"}},
    lookups={"rate": {"key": "key", "value": "y"}},
    model={"family": "linear"},
)


GROUPS = table_of(300, keys=[f"area {i % 30}" if i % 10 else None for i in range(300)])


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    folder = tmp_path_factory.mktemp("folds")
    return TransformGraph(GROUPS.analyze(transform_config(CONFIG), folder))


@pytest.fixture
def read(graph, tmp_path):
    def averages(table=GROUPS, sent=CONFIG.raw_features, seed=0, replaced=True):
        inputs = ModelInputs.from_schema(graph.schema)
        config = {**train_config(CONFIG), "raw_features": sent, "model": {"seed": seed}}
        fold = OutOfFold(config, inputs) if replaced else None
        rows = read_rows([table.write(tmp_path / "rows.gz")], graph, inputs, fold)
        return rows.inputs["numbers"][:, inputs.place("rate_average")]

    return averages


def test_read_rows_replaces_averages_of_the_label_and_keeps_missing_keys(read):
    found, plain = read(), read(replaced=False)
    labels = np.array([row["y"] for row in GROUPS.rows])
    assert (found != plain).mean() > 0.5
    assert not found[::10].any() and not plain[::10].any()
    # In the table a row's own label is a ninth of its average; here it has no part.
    assert np.corrcoef(plain, labels)[0, 1] > 0.2
    assert np.corrcoef(found, labels)[0, 1] < 0.1


def test_read_rows_keeps_averages_of_what_a_caller_sends(read):
    np.testing.assert_array_equal(read(sent=("key", "x", "y")), read(replaced=False))


def test_read_rows_folds_follow_the_seed_and_not_the_order(read):
    first = read()
    assert (first != read(seed=1)).any()
    backwards = Table(GROUPS.kinds, GROUPS.rows[::-1])
    np.testing.assert_allclose(read(backwards)[::-1], first, atol=1e-6)


def test_run_fn_unique_keys_do_not_give_the_label_away(tmp_path):
    table = table_of(400)
    artifact = table.analyze(transform_config(CONFIG), tmp_path)
    file = table.write(tmp_path / "rows.gz")
    run_fn(make_fn_args(CONFIG, artifact, file, file, tmp_path))
    signature = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_examples"]
    answers = signature(examples=tf.constant(table.serialized()))["probability"].numpy()
    labels = np.array([row["y"] for row in table.rows])
    pairs = answers[labels == 1][:, np.newaxis] - answers[labels == 0]
    assert 0.4 < (pairs > 0).mean() + (pairs == 0).mean() / 2 < 0.62  # area; it was 1
    (note,) = read_notes(tmp_path / "run")
    assert note.keys == ("lookups", "rate")
    assert "no `key` is shared by rows enough" in note.text
