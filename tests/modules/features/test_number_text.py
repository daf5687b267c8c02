from __future__ import annotations

import functools

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.modules.features.test_number_style import READ
from tfx_pipeline.modules.features.number_style import numbers_of, read_style
from tfx_pipeline.modules.features.number_text import parsed_numbers

pytestmark = pytest.mark.slow


@functools.cache
def graph(example: str):
    """A traced function, as the model has it."""
    style = read_style(example)
    spec = tf.TensorSpec([None, 1], tf.string)
    return tf.function(lambda x: parsed_numbers(x, style)).get_concrete_function(spec)


def in_graph(texts, example):
    return graph(example)(tf.constant([[text] for text in texts]))[:, 0].numpy()


@pytest.mark.parametrize(("example", "cells"), READ.items())
def test_parsed_numbers_cells_of_a_style_give_their_numbers(example, cells):
    assert in_graph(cells, example).tolist() == pytest.approx(
        list(cells.values()), rel=0, abs=0, nan_ok=True
    )


# Texts that are nearly numbers of some style.
PIECES = [*"0123456789,.'’ -−+()$€%kKMB<~e", "years", "km", "\u00a0", "123", "1,234", "CHF", "x\n"]
TEXTS = st.lists(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join), min_size=1, max_size=30
)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(list(READ)))
def test_parsed_numbers_any_texts_are_read_as_arrow_reads_them(texts, example):
    expected = numbers_of(pa.array(texts), read_style(example))
    np.testing.assert_array_equal(in_graph(texts, example), expected)


def test_parsed_numbers_bytes_that_are_no_text_are_missing():
    assert np.isnan(in_graph([b"\xff\xfe5", b"$\xa35"], "$1,234.50")).all()


@pytest.mark.parametrize("example", ["1,234.50", "$1.5M", "1 234,5 km"])
def test_parsed_numbers_very_long_cells_do_not_fail_the_call(example):
    decimal = read_style(example).decimal
    fractions = [f"1{decimal}{'3' * 40}", f"{decimal}{'7' * 40}", f"12{decimal}{'0' * 30}e-10"]
    cells = [*fractions, "9" * 24, f"{'9' * 24}{decimal}{'9' * 40}E+10", "9" * 25, "5"]
    found = in_graph(cells, example)
    np.testing.assert_array_equal(found, numbers_of(pa.array(cells), read_style(example)))
    expected = [4 / 3, 7 / 9, 12e-10, 1e24, 1e34, np.nan, 5]
    np.testing.assert_allclose(found, expected, rtol=1e-15)
