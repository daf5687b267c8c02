"""Words, as scikit-learn weighs them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from tests.modules.tables import Table, make_config, transform_config
from tfx_pipeline.modules.model.transform_graph import TransformGraph

pytestmark = [pytest.mark.slow, pytest.mark.once]
KINDS = {"note": str, "y": int}
WORDS = ["red", "Blue", "green,", "car", "car's", "(house)", "naïve", "42", "a=b", "tea"]
UNSEEN = ["a red unheard-of car, a red car", "!!!", "", "nothing known here"]


def make_texts(rows=200):
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, random.integers(0, 12))) for _ in range(rows)]
    return [*texts, "", "  ", "tea tea tea"]


TEXTS = make_texts()


def table(texts):
    return Table(KINDS, [{"note": text or None, "y": i % 2} for i, text in enumerate(texts)])


def split(text):
    return re.sub(r"[!-/:-@\[-`{-~]+", " ", text.lower()).split()


@pytest.fixture
def graph(tmp_path):
    def make(**feature):
        spec = {"kind": "text", **feature}
        config = make_config(label={"column": "y", "task": "binary"}, features={"note": spec})
        return TransformGraph(table(TEXTS).analyze(transform_config(config), tmp_path)), tmp_path

    return make


def words_of(graph, texts=TEXTS):
    return graph(table(texts).parsed())["note_words"].numpy()


def vocabulary(folder):
    file = folder / "transform_graph/transform_fn/assets/ids_table"
    lines = (line.split("\t") for line in file.read_text("utf-8").splitlines())
    return {key.removeprefix("note_words="): int(x) for key, x in lines if "=" in key}


@pytest.mark.parametrize("ngrams", [1, 2, 3])
@pytest.mark.parametrize("most", [25, 2000])
def test_tfidf_equals_that_of_scikit_learn(ngrams, most, graph):
    made, folder = graph(weights="tfidf", ngrams=ngrams, max_vocabulary=most)
    places = vocabulary(folder)
    theirs = TfidfVectorizer(
        tokenizer=split, token_pattern=None, ngram_range=(1, ngrams), vocabulary=list(places)
    ).fit(TEXTS)
    for texts in (TEXTS, UNSEEN):
        found = words_of(made, texts)
        assert found.shape == (len(texts), most + 1)
        expected = theirs.transform(texts).toarray()
        np.testing.assert_allclose(found[:, list(places.values())], expected, atol=1e-6)
        assert not found[:, len(places) : -1].any()
    assert found[:, -1].tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("ngrams", [1, 2])
def test_vocabulary_is_the_most_frequent_words_as_scikit_learn_counts(ngrams, graph):
    _, folder = graph(ngrams=ngrams, max_vocabulary=2000)
    every = TfidfVectorizer(tokenizer=split, token_pattern=None, ngram_range=(1, ngrams)).fit(TEXTS)
    assert set(vocabulary(folder)) == set(every.vocabulary_)


def test_occurring_words_of_a_vocabulary_are_marked(graph):
    made, folder = graph(ngrams=2, max_vocabulary=30)
    places = vocabulary(folder)
    found = words_of(made, UNSEEN)
    pairs = ("a red", "red unheard", "of car", "car a", "red car")
    marked = {places[x] for x in ("a", "red", "of", "car", *pairs) if x in places}
    assert len(marked) > 3
    assert set(np.flatnonzero(found[0])) == marked | {30}
    assert not found[1:3].any()


@pytest.mark.parametrize("weights", ["occurs", "tfidf"])
def test_hashed_words_share_entries_and_none_is_unknown(weights, graph):
    made, folder = graph(hash_buckets=7, ngrams=2, weights=weights)
    found = words_of(made, [*UNSEEN, "red car", "car red"])
    assert found.shape == (6, 7)
    assert found[3].any() and not found[1:3].any()
    lengths = np.linalg.norm(found[[0, 3, 4]], axis=1)
    if weights == "tfidf":
        np.testing.assert_allclose(lengths, 1, rtol=1e-6)
    else:
        assert set(np.unique(found)) == {0, 1}
        assert not (folder / "transform_graph/transform_fn/assets/ids_table").exists()


def test_hashed_weights_are_the_formula_by_hand(graph):
    import tensorflow as tf

    made, _ = graph(hash_buckets=11, weights="tfidf")

    def counts(texts):
        matrix = np.zeros((len(texts), 11))
        for row, text in enumerate(texts):
            for word in split(text):
                matrix[row, tf.strings.to_hash_bucket_fast(word, 11).numpy()] += 1
        return matrix

    frequency = (counts(TEXTS) > 0).sum(0)
    weights = counts(UNSEEN) * (1 + np.log((1 + len(TEXTS)) / (1 + frequency)))
    norm = np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)
    np.testing.assert_allclose(words_of(made, UNSEEN), weights / norm, atol=1e-6)
