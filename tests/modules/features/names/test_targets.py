"""Encoded labels, from the analysis to the rows that a model is trained on."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table, make_config, make_fn_args, train_config, transform_config
from tfx_pipeline.modules.features.names.smoothing import Smoothing
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.out_of_fold import OutOfFold, out_of_fold_labels
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.model.transformed_rows import read_rows
from tfx_pipeline.modules.training import run_fn

pytestmark = [pytest.mark.slow, pytest.mark.once]
KINDS = {"city": str, "code": int, "size": float, "state": str, "tip": float, "fare": float}
CITIES = ["Rome", "Oslo", "x=y", "Bern", None, "a\tb"]
STATES = ["low", "mid", "high", None]
LABELS = {
    "number": {"column": "size", "task": "regression"},
    "rule": {"column": "tip", "task": "binary", "rule": "tip > 0.2 * fare"},
    "texts": {"column": "state", "task": "binary", "classes": ["low", "mid"]},
    "classes": {"column": "state", "task": "multiclass", "classes": ["low", "mid", "high"]},
}


def make_table(rows=600):
    random = np.random.default_rng(1)
    made = []
    for _ in range(rows):
        city = int(random.integers(0, len(CITIES)))
        made.append(
            {
                "city": CITIES[city],
                "code": int(random.integers(0, 40)),
                "size": None if random.random() < 0.1 else 1e6 + city + float(random.normal()),
                "state": STATES[min(3, int(random.integers(0, 3 + city)) // 2)],
                "tip": None if random.random() < 0.1 else float(random.random() + city / 10),
                "fare": 2.0,
            }
        )
    return Table(KINDS, made)


TABLE = make_table()
UNSEEN = Table(KINDS, [{"city": "nowhere", "code": 77}, {"city": None, "code": None}, {}])


def labels_of(kind):
    """Return the labels of the table by hand: NaN where they do not count."""
    if kind == "number":
        values = [row["size"] for row in TABLE.rows]
        return np.array([np.nan if x is None else np.float32(x) for x in values], float)
    if kind == "rule":
        return np.array(
            [np.nan if row["tip"] is None else float(row["tip"] > 0.4) for row in TABLE.rows]
        )
    classes = LABELS[kind]["classes"]
    states = [row["state"] for row in TABLE.rows]
    return np.array([classes.index(x) if x in classes else np.nan for x in states], float)


def config_of(kind, **feature):
    spec = {"kind": "categorical", "target": True, **feature}
    return make_config(label=LABELS[kind], features={"city": spec, "code": {**spec, "id": False}})


@pytest.fixture(scope="module", params=list(LABELS))
def made(request, tmp_path_factory):
    """Return the kind of the label, its configuration and the transform graph."""
    config = config_of(request.param)
    folder = tmp_path_factory.mktemp("targets")
    return request.param, config, TransformGraph(TABLE.analyze(transform_config(config), folder))


def encoded(kind, name):
    """Encode the labels of a column by hand: a value a row, and the category's place."""
    labels = labels_of(kind)
    given = ~np.isnan(labels)
    values = [str(row[name]) for row in TABLE.rows]
    keys = np.array([sorted(set(values)).index(x) for x in values])
    columns = []
    for label in range(3) if kind == "classes" else [None]:
        y = labels[given] if label is None else (labels[given] == label).astype(float)
        counts, sums = np.bincount(keys[given]), np.bincount(keys[given], y)
        smoothing = Smoothing.of(counts, sums, len(y) * y.var())
        columns.append(smoothing.scaled(counts, sums)[keys])
    return np.stack(columns, 1)


def test_target_is_the_encoded_label_of_the_category(made):
    kind, _, graph = made
    features = graph(TABLE.parsed())
    for name in ("city", "code"):
        expected = encoded(kind, name)
        expected[[row[name] == "a\tb" for row in TABLE.rows]] = 0
        found = features[f"{name}_target"].numpy()
        assert found.shape == (600, 3 if kind == "classes" else 1)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert np.abs(features["city_target"]).max() > 1
    assert "city_id" in features and "code_id" not in features


def test_target_needs_no_label_and_missing_is_a_category(made):
    kind, _, graph = made
    train = graph(TABLE.parsed())["city_target"].numpy()
    missing = [row["city"] is None for row in TABLE.rows].index(True)
    raw = {name: x for name, x in UNSEEN.parsed().items() if name in ("city", "code")}
    found = graph(raw)["city_target"].numpy()
    np.testing.assert_array_equal(found[0], 0 * found[0])
    np.testing.assert_array_equal(found[1], train[missing])
    np.testing.assert_array_equal(found[2], train[missing])
    if kind != "texts":  # there it is the average of all
        assert found[1].any()


def rows_of(config, graph, folder, replaced=True):
    inputs = ModelInputs.from_schema(graph.schema)
    folds = OutOfFold(train_config(config), inputs) if replaced else None
    rows = read_rows([TABLE.write(folder / "rows.gz")], graph, inputs, folds)
    place, width = inputs.place("city_target"), inputs.widths["city_target"]
    return rows.inputs["numbers"][:, place : place + width], rows.label


def test_training_rows_have_what_the_other_folds_say(made, tmp_path):
    kind, config, graph = made
    known = ~np.isnan(labels_of(kind))
    if kind == "texts":  # what is none of the classes has a label, and training refuses it
        known = np.array([row["state"] is not None for row in TABLE.rows])
    plain, _ = rows_of(config, graph, tmp_path, replaced=False)
    found, _ = rows_of(config, graph, tmp_path)
    city = np.array([str(row["city"]) for row in TABLE.rows])[known]
    assert len(found) == known.sum()
    for name in map(str, CITIES[:5]):
        assert len(np.unique(plain[city == name], axis=0)) == 1
        assert 3 <= len(np.unique(found[city == name], axis=0)) <= 5  # one a fold
        np.testing.assert_allclose(found[city == name].mean(0), plain[city == name][0], atol=0.25)
    assert not found[city == "a\tb"].any()


def test_cell_that_means_missing_is_the_missing_category(tmp_path):
    config = config_of("rule", missing="Oslo")
    graph = TransformGraph(TABLE.analyze(transform_config(config), tmp_path))
    plain, _ = rows_of(config, graph, tmp_path, replaced=False)
    found, _ = rows_of(config, graph, tmp_path)
    rows = np.array([str(row["city"]) for row in TABLE.rows])[~np.isnan(labels_of("rule"))]
    marked, missing = rows == "Oslo", rows == "None"
    assert set(plain[marked, 0]) == set(plain[missing, 0])
    assert set(found[marked, 0]) == set(found[missing, 0])
    assert found[marked].any()


@pytest.mark.parametrize("classes", [0, 3])
def test_out_of_fold_labels_are_those_of_the_other_folds(classes):
    random = np.random.default_rng(classes)
    keys, folds = random.integers(0, 9, 200), random.integers(0, 5, 200)
    labels = random.integers(0, 3, 200) + (keys > 4) * random.random(200)
    labels = np.floor(labels) if classes else labels
    labels[::9] = np.nan
    given = ~np.isnan(labels)
    found = np.stack(list(out_of_fold_labels(keys, labels, folds, 2, classes)), 1)
    for label in range(max(1, classes)):
        y = np.where(given, labels == label if classes else labels, 0.0)
        counts, sums = np.bincount(keys[given]), np.bincount(keys[given], y[given])
        smoothing = Smoothing.of(counts, sums, given.sum() * y[given].var())
        for row in range(200):
            others = given & (keys == keys[row]) & (folds != folds[row])
            expected = 0.0
            if keys[row] and others.sum() >= 2:
                expected = smoothing.scaled(np.array(others.sum()), np.array(y[others].sum()))
            assert found[row, label] == pytest.approx(float(expected), rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("kind", ["number", "classes"])
def test_min_frequency_makes_rare_categories_unknown_the_missing_one_too(kind, tmp_path):
    states = {"a": "low", "b": "mid"}
    rows = [
        {"city": city, "size": 9.0 * (city == "b"), "state": states.get(city, "high")}
        for city in ["a"] * 9 + ["b"] * 9 + ["c", None]
    ]
    config = config_of(kind, min_frequency=2)
    graph = TransformGraph(Table(KINDS, rows).analyze(transform_config(config), tmp_path))
    asked = Table(KINDS, [{"city": city} for city in ("c", None, "a")])
    found = graph(asked.parsed())["city_target"].numpy()
    assert (found[:2] == 0).all()
    assert found[2].any()


@pytest.mark.parametrize("repeats", [1, 3])
def test_run_fn_random_ids_do_not_give_the_label_away(repeats, tmp_path):
    random = np.random.default_rng(repeats)
    rows = 1200
    ids = [f"id {i}" for i in random.permutation(rows) // repeats]
    labels = random.integers(0, 2, (2, rows)).tolist()
    train, evaluation = (
        Table({"key": str, "x": float, "y": int},
              [{"key": key, "x": x, "y": y} for key, x, y in zip(ids, noise, part, strict=True)])
        for part, noise in zip(labels, random.normal(size=(2, rows)).tolist(), strict=True)
    )  # fmt: skip
    config = make_config(
        label={"column": "y", "task": "binary"},
        features={
            "x": {"kind": "numeric"},
            "key": {"kind": "categorical", "id": False, "target": True},
        },
        model={"family": "linear", "epochs": 30, "optimizer": {"learning_rate": 0.05}},
    )
    artifact = train.analyze(transform_config(config), tmp_path)
    graph = TransformGraph(artifact)
    inputs = ModelInputs.from_schema(graph.schema)
    files = train.write(tmp_path / "train.gz"), evaluation.write(tmp_path / "eval.gz")
    folds = OutOfFold(train_config(config), inputs)
    read = read_rows([files[0]], graph, inputs, folds)
    feature = read.inputs["numbers"][:, inputs.place("key_target")]
    plain = read_rows([files[0]], graph, inputs).inputs["numbers"][:, inputs.place("key_target")]
    assert np.isnan(correlation(plain, read.label)) or correlation(plain, read.label) > 0.4
    assert not feature.any() or abs(correlation(feature, read.label)) < 0.08
    run_fn(make_fn_args(config, artifact, *files, tmp_path))
    signature = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_examples"]
    answers = signature(examples=tf.constant(evaluation.serialized()))["probability"].numpy()
    assert 0.45 < area(answers, np.array(labels[1])) < 0.55


def correlation(feature, labels):
    return np.corrcoef(feature, labels)[0, 1] if feature.std() else np.nan


def area(answers, labels):
    pairs = answers[labels == 1][:, np.newaxis] - answers[labels == 0]
    return (pairs > 0).mean() + (pairs == 0).mean() / 2
