"""Texts in a graph."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.export.onnx.columns.texts import in_small_letters, tokens
from tfx_pipeline.export.onnx.graph import Graph


@pytest.fixture(scope="module")
def read():
    onnxruntime = pytest.importorskip("onnxruntime")
    graph = Graph([("texts", object)], ["words"])
    graph.end(in_small_letters(graph, tokens(graph, "texts", "[^ ]+")), "words")
    content = graph.model([("words", object, ("batch", "width"))]).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return lambda *texts: session.run(None, {"texts": np.array(texts, object)})[0].tolist()


TEXTS = ("😀", "👍👍👍", "Great 😀😀😀😀 DAY", "ÄÖ Straße", "日本 𐀀x", "E\u0301É")


@pytest.mark.parametrize("text", TEXTS)
def test_in_small_letters_folds_ascii_capitals_of_texts_in_any_script(read, text):
    small = "".join(x.lower() if x.isascii() else x for x in text)
    assert read(text) == [small.split(" ")]


def test_in_small_letters_takes_texts_without_words_and_no_texts(read):
    assert read("", " ") == [[], []]
    assert read() == []
