"""Columns whose cells are read: what a caller sends as the table has it, by every signature."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table, make_config, make_fn_args, transform_config
from tfx_pipeline.modules.model.note_file import read_notes
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.smoke_rows import read_smoke_rows
from tfx_pipeline.modules.training import run_fn
from tfx_pipeline.runners.local.smoke_query import query
from tfx_pipeline.serving.loader import load_model

pytestmark = [pytest.mark.slow, pytest.mark.once]
FEATURES = {
    "price": {"kind": "numeric", "parse": "($1,234.50)", "missing": ["N/A"], "buckets": 3},
    "years": {"kind": "bucketized", "parse": "10+ years", "boundaries": [2.1, 5]},
    "income": {"kind": "numeric", "missing": ["9999", "-3.4e38"]},
    "size": {"kind": "ordinal", "values": ["low", "mid", "high"], "missing": ["?"]},
    "code": {"kind": "categorical", "missing": ["99"]},
    "sold": {
        "kind": "timestamp",
        "parse": "%d/%m/%Y %H:%M",
        "zone": "Europe/Berlin",
        "parts": ["hour", "month"],
        "linear": True,
        "periodic": True,
    },
}
KINDS = {"price": str, "years": str, "income": float, "size": str, "code": int, "sold": str}
KINDS |= {"y": int}
SIZES = ("low", "mid", "high", "?")


def row(i):
    price = f"${1000 + 37 * i:,.2f}" if i % 3 else f"($ {100 + i})"
    return {
        "price": "call us" if i == 11 else price,
        "years": ["10+ years", "< 1 year", "3 years", None][i % 4],
        "income": [9999.0, -3.4e38, 10.0 + i, 20.0 + i, None][i % 5],
        "size": SIZES[i % 4],
        "code": [1, 2, 99][i % 3],
        "sold": "31/02/2023 10:00" if i % 40 == 1 else f"{1 + i % 28:02}/07/2023 {i % 24}:30",
        "y": int(i % 4 > 1) if i % 7 else i % 2,
    }


ROWS = [row(i) for i in range(120)]
CONFIG = make_config(
    label={"column": "y", "task": "binary"},
    features=FEATURES,
    model={"family": "linear", "batch_size": 16, "epochs": 15},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    table = Table(KINDS, ROWS)
    artifact = table.analyze(transform_config(CONFIG), folder)
    file = table.write(folder / "rows.gz")
    run_fn(make_fn_args(CONFIG, artifact, file, file, folder))
    return folder


@pytest.fixture(scope="module")
def transformed(folder):
    graph = TransformGraph(str(folder / "transform_graph"))
    return {name: x.numpy() for name, x in graph(Table(KINDS, ROWS).parsed()).items()}


@pytest.fixture(scope="module")
def served(folder):
    return load_model(folder / "model", ["serve"], prefer_tflite=False)


def ask(served, **changes):
    """Ask as an instance and as a tf.Example; give the answers, which must be equal."""
    sent = {name: x for name, x in (ROWS[2] | changes).items() if name != "y"}
    example = Table({x: KINDS[x] for x in sent}, [sent]).serialized()[0]
    nothing = {str: "", float: math.nan, int: math.nan}
    instance = {x: nothing[KINDS[x]] if y is None else y for x, y in sent.items()}
    answers = []
    for signature, values in (("serving_default", instance), ("serving_examples", {None: example})):
        found = served.signatures[signature]
        inputs = {
            spec.name: np.array(
                [values.get(alias, values.get(None))], tf.as_dtype(spec.dtype).as_numpy_dtype
            )
            for alias, spec in found.inputs.items()
        }
        answers.append(served.run(inputs, [found.outputs["probability"].name])[0].item())
    assert answers[0] == pytest.approx(answers[1], abs=1e-6)
    return answers[0]


def test_numbers_in_words_are_scaled_as_the_numbers_that_they_are(transformed):
    prices = [1000 + 37 * i if i % 3 else -100 - i for i in range(120)]
    known = np.arange(120) != 11
    scaled = (np.array(prices) - np.mean(np.array(prices)[known])) / np.std(np.array(prices)[known])
    np.testing.assert_allclose(transformed["price_scaled"][known, 0], scaled[known], atol=1e-5)
    assert transformed["price_missing"][:, 0].tolist() == (~known).tolist()
    assert transformed["years_bucket"][:4, 0].tolist() == [3, 1, 2, 0]


def test_words_in_an_order_are_scaled_by_their_rank(transformed):
    ranks = np.array([0, 1, 2, 1] * 30)
    known = np.arange(120) % 4 < 3
    expected = (ranks - 1) / np.std(ranks[known])
    np.testing.assert_allclose(transformed["size_scaled"][:, 0], expected, atol=1e-6)
    assert transformed["size_missing"][:, 0].tolist() == (~known).tolist()


def test_marks_are_missing_numbers_and_categories(transformed):
    assert transformed["income_missing"][:5, 0].tolist() == [1, 1, 0, 0, 1]
    assert transformed["code_id"][:3, 0].tolist() == [1, 2, 0]


def test_moments_in_words_have_parts_place_and_turns(transformed):
    assert transformed["sold_hour_part"][[0, 1, 2], 0].tolist() == [1, 0, 3]
    assert transformed["sold_month_part"][[0, 1, 2], 0].tolist() == [7, 0, 7]
    assert transformed["sold_missing"][:3, 0].tolist() == [0, 1, 0]
    hours = np.array([24 * (i % 28) + i % 24 for i in range(120) if i % 40 != 1])
    expected = (hours - hours.mean()) / hours.std()
    known = [i for i in range(120) if i % 40 != 1]
    np.testing.assert_allclose(transformed["sold_scaled"][known, 0], expected, atol=1e-5)
    turns = transformed["sold_periodic"]
    assert turns.shape == (120, 6)
    assert turns[1].tolist() == [0] * 6
    day = 2.5 / 24  # 2023-07-03 02:30, a Monday
    week = day / 7
    angles = 2 * np.pi * np.array([day, week])
    waves = np.stack([np.sin(angles), np.cos(angles)], 1).reshape(-1)
    np.testing.assert_allclose(turns[2, :4], waves, atol=1e-6)
    year = 2 * np.pi * (183 + day) / 365.2425
    np.testing.assert_allclose(turns[2, 4:], [np.sin(year), np.cos(year)], atol=1e-6)


def test_cells_are_read_alike_by_both_signatures(served):
    same = ask(served, price="$1,074")
    assert ask(served, price="1,074.00") == pytest.approx(same, abs=1e-6)
    assert ask(served, price="($1,074)") != pytest.approx(same, abs=1e-3)
    assert ask(served, years="4 years") == pytest.approx(ask(served, years="3"), abs=1e-6)
    assert ask(served, size="low") != pytest.approx(ask(served, size="high"), abs=1e-3)


@pytest.mark.parametrize(
    ("name", "cells"),
    {
        "price": ["N/A", "call us", "", " N/A "],
        "income": [9999.0, -3.4e38],
        "size": ["?", "huge", ""],
        "code": [99],
        "sold": ["31/02/2023 10:00", "yesterday", ""],
        "years": ["ten", ""],
    }.items(),
)
def test_cells_that_mean_missing_are_answered_as_missing_ones(served, name, cells):
    missing = ask(served, **{name: None})
    for cell in cells:
        assert ask(served, **{name: cell}) == pytest.approx(missing, abs=1e-6)


def test_smoke_rows_hold_the_marks_and_the_model_answers_them(folder, served):
    assert query(folder / "model").mismatch is None
    rows = read_smoke_rows(folder / "model")
    marked = {
        change.split("`")[1]: (instance, prediction["probability"])
        for instance, prediction, change in zip(
            rows.instances, rows.predictions, rows.changes, strict=True
        )
        if change.endswith("marked as missing")
    }
    sent = {name: instance[name] for name, (instance, _) in marked.items()}
    assert sent == {"price": "N/A", "income": 9999.0, "size": "?", "code": 99}
    assert rows.instances[0]["price"] == "($ 100)"
    missing = {
        change.split("`")[1]: prediction["probability"]
        for prediction, change in zip(rows.predictions, rows.changes, strict=True)
        if change.endswith("` missing")
    }
    for name in ("price", "size", "code"):
        assert marked[name][1] == pytest.approx(missing[name], abs=1e-6)


def test_notes_count_cells_that_could_not_be_read_and_name_the_first(folder):
    texts = {note.keys[-1]: note.text for note in read_notes(folder / "run")}
    assert texts.keys() == {"price", "sold"}
    assert texts["price"] == (
        "feature `price`: 1 training row with a cell that is no number written as `($1,234.50)`,"
        " and counts as missing; the first is `call us`"
    )
    assert texts["sold"] == (
        "feature `sold`: 3 training rows with a cell that is no moment written as"
        " `%d/%m/%Y %H:%M`, and counts as missing; the first is `31/02/2023 10:00`"
    )
