"""What is learned of names, in the exported model alone."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table, make_config, make_fn_args, transform_config
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.training import run_fn

pytestmark = pytest.mark.slow
KINDS = {"city": str, "note": str, "size": str}
SIZES = ["small", "middle", "large"]
UNSEEN = [
    {"city": "nowhere", "note": "unheard of words"},
    {"city": None, "note": None},
    {},
    {"city": "city 1", "note": "big Big tree"},
]


def make_table(rows=300):
    random = np.random.default_rng(5)
    sizes = random.integers(0, 3, rows).tolist()
    words = ["tiny", "usual", "big", "tree", "house"]
    return Table(
        KINDS,
        [
            {
                "city": f"city {(size + i % 2) % 3}",
                "note": f"{words[size]} {words[3 + i % 2]}, {words[size]}",
                "size": SIZES[size],
            }
            for i, size in enumerate(sizes)
        ],
    )


def test_saved_model_makes_the_features_and_answers_alike_by_each_signature(tmp_path):
    text = {"kind": "text", "ngrams": 2, "weights": "tfidf"}
    config = make_config(
        label={"column": "size", "task": "multiclass", "classes": SIZES},
        features={
            "city": {"kind": "categorical", "target": True},
            "note": {**text, "max_vocabulary": 6},
        },
        model={"family": "linear", "epochs": 20, "optimizer": {"learning_rate": 0.05}},
    )
    train, unseen = make_table(), Table(KINDS, UNSEEN)
    artifact = train.analyze(transform_config(config), tmp_path)
    file = train.write(tmp_path / "rows.gz")
    run_fn(make_fn_args(config, artifact, file, file, tmp_path))
    expected = TransformGraph(artifact)(unseen.parsed())
    shutil.rmtree(artifact)
    (tmp_path / "model").rename(tmp_path / "elsewhere")
    signatures = tf.saved_model.load(str(tmp_path / "elsewhere")).signatures
    examples = tf.constant(unseen.serialized())
    found = signatures["transform_features"](examples=examples)
    for name, width in {"city_target": 3, "note_words": 7, "city_id": 1}.items():
        assert found[name].shape == (len(UNSEEN), width)
        np.testing.assert_array_equal(found[name], expected[name])
    assert not found["city_target"][0].numpy().any()
    assert found["city_target"][3].numpy().any()
    by_example = signatures["serving_examples"](examples=examples)["probabilities"].numpy()
    instances = {
        name: tf.constant([row.get(name) or "" for row in UNSEEN]) for name in ("city", "note")
    }
    by_instance = signatures["serving_default"](**instances)["probabilities"].numpy()
    np.testing.assert_array_equal(by_instance, by_example)
    # Alike but for the last bit: a matrix product may treat its last rows in another way.
    np.testing.assert_allclose(by_example[1], by_example[2], rtol=1e-6)
    assert by_example[3].argmax() == SIZES.index("large")
