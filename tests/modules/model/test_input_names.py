"""Columns of any name, and values that a caller sends and the table never had."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table, make_config, make_fn_args, transform_config
from tfx_pipeline.modules.model import signatures
from tfx_pipeline.modules.model.input_names import allowed_names
from tfx_pipeline.modules.model.note_file import read_notes
from tfx_pipeline.modules.smoke_rows import read_smoke_rows
from tfx_pipeline.modules.training import run_fn
from tfx_pipeline.runners.local.smoke_query import query
from tfx_pipeline.serving.loader import load_model
from tfx_pipeline.serving.versions.warmup import warm_up

pytestmark = pytest.mark.slow
NAN = float("nan")
SIZE, BRAND, BRAND2 = "bill length (mm)", "_brand/no. 1", "_Brand/No. 1"
DECIMAL, WORDS, WHEN, FLAT = "Größe = 50%", "1st-note", "when: $t", "Flat"
LABEL, KEY = "die Art", "a.b"
KINDS = {SIZE: int, BRAND: int, BRAND2: str, DECIMAL: float, WORDS: str, WHEN: int, FLAT: float}
KINDS |= {LABEL: str, KEY: str}
REQUIRED = (SIZE, BRAND, BRAND2, DECIMAL, WHEN)
FEATURES = {
    SIZE: {"kind": "numeric", "buckets": 4},
    BRAND: {"kind": "categorical"},
    BRAND2: {"kind": "categorical"},
    DECIMAL: {"kind": "numeric"},
    WORDS: {"kind": "text", "max_vocabulary": 5},
    WHEN: {"kind": "timestamp", "parts": ["hour", "weekday"]},
    FLAT: {"kind": "numeric"},
}
ROWS = [
    {
        SIZE: 30 + i % 20,
        BRAND: 20_210_101 + i % 3,
        BRAND2: "ABCD"[i % 4],
        DECIMAL: 0.1 * (i % 11),
        WORDS: ["good", "bad word", "x"][i % 3],
        WHEN: 1_700_000_000 + 3600 * i,
        FLAT: 2.5,
        LABEL: "yes" if i % 20 + 3 * (i % 3) > 12 else "no",
        KEY: f"key {i % 5}",
    }
    for i in range(120)
]


CONFIG = make_config(
    label={"column": LABEL, "task": "binary", "classes": ["no", "yes"]},
    features=FEATURES,
    lookups={"Ø size = µ": {"key": KEY, "value": SIZE}},
    model={"family": "wide_deep", "hidden_units": [8], "batch_size": 16, "epochs": 20},
)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    table = Table(KINDS, ROWS, REQUIRED)
    artifact = table.analyze(transform_config(CONFIG), folder)
    file = table.write(folder / "rows.gz")
    run_fn(make_fn_args(CONFIG, artifact, file, file, folder))
    return folder / "model"


@pytest.fixture(scope="module")
def served(model):
    return load_model(model, ["serve"], prefer_tflite=False)


def ask(served, rows, signature="serving_default", output="probability"):
    """Send rows by the names of SignatureDef, as a model server does."""
    found = served.signatures[signature]
    inputs = {
        spec.name: np.array([row[name] for row in rows], tf.as_dtype(spec.dtype).as_numpy_dtype)
        for name, spec in found.inputs.items()
    }
    return served.run(inputs, [found.outputs[output].name])[0]


def instance(**changes):
    return {name: ROWS[7][name] for name in (*FEATURES, KEY)} | changes


def example(without=(), **changes):
    row = {name: x for name, x in {**ROWS[7], **changes}.items() if name not in without}
    return Table({x: KINDS[x] for x in row}, [row]).serialized()[0]


def ask_example(served, serialized):
    alias = next(iter(served.signatures["serving_examples"].inputs))
    return ask(served, [{alias: serialized}], "serving_examples")


def test_signature_has_the_columns_own_names(served):
    assert served.signatures["serving_default"].inputs.keys() == {*FEATURES, KEY}


def test_all_ways_of_asking_take_any_name(served, model):
    comparison = query(model)
    assert comparison.mismatch is None
    assert comparison.rows == 8
    assert warm_up(served, model).records == 4
    by_example = ask_example(served, example())
    np.testing.assert_allclose(ask(served, [instance()]), by_example, rtol=1e-5)


def test_transformed_features_are_named_by_the_columns(served):
    outputs = served.signatures["transform_features"].outputs
    assert {f"{SIZE}_scaled", f"{BRAND}_id", f"{BRAND2}_id", f"{WHEN}_hour_part"} <= outputs.keys()
    assert "Ø size = µ_average" in outputs


def test_python_sees_names_that_tensorflow_allows(model):
    signature = tf.saved_model.load(str(model)).signatures["serving_default"]
    assert sorted(signature.structured_input_signature[1]) == [
        "Flat",
        *(f"input_{i}" for i in range(7)),
    ]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["x", "y_1", "Z"], ["x", "y_1", "Z"]),
        (["Bill", "bill"], ["Bill", "input_0"]),
        (["_x"], ["input_0"]),
        (["a b", "input_0"], ["input_1", "input_0"]),
        (["a b", "INPUT_0", "a.b"], ["input_1", "INPUT_0", "input_2"]),
        (["1st", "a-b", "a/b", "a:b", "$c"], [f"input_{i}" for i in range(5)]),
        (["Größe", "日本"], ["input_0", "input_1"]),
        (["a\\b", "a'b", 'a"b', "a`b"], [f"input_{i}" for i in range(4)]),
        (["", " "], ["input_0", "input_1"]),
        (["ſ", "s", "S"], ["input_0", "s", "input_1"]),
    ],
)
def test_allowed_names_differ_and_keep_what_can_be_kept(columns, names):
    found = allowed_names(columns)
    assert list(found.values()) == names
    assert len({name.lower() for name in names}) == len(columns)


MISSING = {
    SIZE: NAN,
    BRAND: NAN,
    BRAND2: "",
    DECIMAL: NAN,
    WORDS: "",
    WHEN: NAN,
    FLAT: NAN,
    KEY: "",
}


@pytest.mark.parametrize("name", MISSING)
def test_missing_value_is_read_as_an_absent_feature(served, name):
    sent = ask(served, [instance(**{name: MISSING[name]})])
    np.testing.assert_allclose(sent, ask_example(served, example(without=[name])), rtol=1e-5)


@pytest.mark.parametrize("name", [SIZE, BRAND, WHEN, DECIMAL])
@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_infinite_number_is_missing(served, name, value):
    sent = ask(served, [instance(**{name: value})])
    np.testing.assert_array_equal(sent, ask(served, [instance(**{name: NAN})]))


@pytest.mark.parametrize(
    ("name", "value", "same_as"),
    [
        (SIZE, 35.4, 35),
        (SIZE, 34.999999999, 35),
        (SIZE, 34.5, 34),  # half to even
        (SIZE, 1e30, 2**62),  # scaled numbers end at a million deviations
        (SIZE, -1e30, -(2**62)),
        (BRAND, 20_210_101.5, 1),  # a fraction is the name of no category
        (BRAND, 2.0**53, 1),
        (BRAND, 1e30, 1),
        (BRAND, -1e30, 1),
        (WHEN, 1_700_000_000.2, 1_700_000_000),
    ],
)
def test_number_that_the_column_cannot_hold(served, name, value, same_as):
    sent = ask(served, [instance(**{name: value})])
    np.testing.assert_array_equal(sent, ask(served, [instance(**{name: same_as})]))


def test_missing_size_is_answered_like_the_mean(served):
    answers = ask(served, [instance(**{SIZE: x}) for x in (NAN, 39, 40, 1e9)])
    assert min(answers[1:3]) - 0.1 <= answers[0] <= max(answers[1:3]) + 0.1
    assert abs(answers[3] - answers[0]) > 0.05


def test_constant_feature_has_no_say_and_is_named_with_its_value(served, model):
    answers = ask(served, [instance(**{FLAT: x}) for x in (2.5, NAN, 7.0, 3e38)])
    np.testing.assert_array_equal(answers, answers[0])
    (note,) = read_notes(model.parent / "run")
    assert note.keys == ("features", FLAT)
    assert note.text.startswith("feature `Flat` is 2.5 in every training row")


def test_smoke_rows_show_each_feature_missing_and_unseen(model):
    rows = read_smoke_rows(model)
    names = [*FEATURES, KEY]
    expected = [f"`{name}` {state}" for state in ("missing", "unseen") for name in names]
    assert list(rows.changes) == [""] * 8 + expected
    for name, row in zip(names, rows.instances[8:], strict=False):
        assert row[name] == "" or math.isnan(row[name])
    unseen = dict(zip(names, rows.instances[8 + len(names) :], strict=True))
    assert (unseen[BRAND2][BRAND2], unseen[SIZE][SIZE]) == ("(never seen)", 49 + 2 * 19 + 1)
    assert len({row["probability"] for row in rows.predictions[8:]}) > 8


@pytest.mark.parametrize(
    ("dtype", "broken", "change"),
    [
        (tf.int64, lambda x: tf.where(tf.math.is_nan(x), tf.zeros_like(x), x), f"`{SIZE}` missing"),
        (tf.float32, lambda x: tf.where(tf.math.is_nan(x), 0.0, x), f"`{DECIMAL}` missing"),
        (tf.int64, lambda x: tf.minimum(x, 1.7005e9), f"`{WHEN}` unseen"),
        (tf.string, lambda x: tf.where(x == "(never seen)", "", x), f"`{BRAND2}` unseen"),
    ],
)
def test_signature_that_reads_a_value_wrongly_is_seen_by_the_smoke_rows(
    dtype, broken, change, model, tmp_path, monkeypatch
):
    right = signatures._features

    def wrong(values, spec, *, is_name):
        return right(broken(values) if spec.dtype == dtype else values, spec, is_name=is_name)

    monkeypatch.setattr(signatures, "_features", wrong)
    file, artifact = str(model.parent / "rows.gz"), str(model.parent / "transform_graph")
    run_fn(make_fn_args(CONFIG, artifact, file, file, tmp_path))
    mismatch = query(tmp_path / "model").mismatch
    assert mismatch is not None
    assert read_smoke_rows(tmp_path / "model").change(mismatch.row) == change
