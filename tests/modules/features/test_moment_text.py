from __future__ import annotations

import functools

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.modules.features.test_moment_style import PATTERNS, TEXTS, ZONES, expected
from tfx_pipeline.modules.features.moment_style import ISO_8601, read_pattern, seconds_of
from tfx_pipeline.modules.features.moment_text import ahead_at, parsed_moments
from tfx_pipeline.modules.features.time_zone import read_zone

pytestmark = pytest.mark.slow


@functools.cache
def graph(pattern: str, zone: str | None):
    """A traced function, as the model has it."""
    style, table = read_pattern(pattern), read_zone(zone) if zone else None
    spec = tf.TensorSpec([None, 1], tf.string)
    return tf.function(lambda x: parsed_moments(x, style, table)).get_concrete_function(spec)


def in_graph(texts, pattern, zone=None):
    return graph(pattern, zone)(tf.constant([[text] for text in texts]))[:, 0].numpy()


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from([None, "Europe/Berlin"]))
def test_parsed_moments_any_texts_are_what_strptime_says(written, zone):
    pattern, texts = written
    wanted = [expected(text.strip(), pattern, zone) for text in texts]
    np.testing.assert_allclose(in_graph(texts, pattern, zone), wanted, rtol=5e-16, atol=1e-6)


PIECES = [
    *"0123456789-T :.,Z+\u00a0\x1c\n",
    "2024-02-29",
    "1999-12-31",
    "23:59",
    ":30",
    "+05:30",
    "-0800",
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), min_size=1, max_size=30),
    st.sampled_from([None, *ZONES]),
)
def test_parsed_moments_iso_8601_is_read_as_arrow_reads_it(texts, zone):
    np.testing.assert_array_equal(
        in_graph(texts, ISO_8601, zone), seconds_of(pa.array(texts), ISO_8601, zone)
    )


@pytest.mark.parametrize("pattern", [*PATTERNS, ISO_8601])
def test_parsed_moments_empty_text_is_missing(pattern):
    assert np.isnan(in_graph(["", b"\xff"], pattern)).all()


@pytest.mark.parametrize("name", ZONES)
def test_ahead_at_is_what_the_table_says(name):
    zone = read_zone(name)
    seconds = np.array([x for move in zone.moves for x in (move - 1, move)], np.int64)
    np.testing.assert_array_equal(ahead_at(tf.constant(seconds), zone), zone.ahead_at(seconds))


def test_parsed_moments_dates_that_do_not_exist_are_missing():
    days = ["2024-02-29", "2023-02-29", "2024-02-31", "2024-04-31", "1900-02-29", "0000-01-01"]
    assert np.isnan(in_graph(days, ISO_8601)).tolist() == [False] + 5 * [True]
    assert np.isnan(in_graph(["29/02/2024", "31/06/2024"], "%d/%m/%Y")).tolist() == [False, True]


@pytest.mark.parametrize("blank", ["\u00a0", "\u2003", "\u3000", "\u0085", " ", "\t", "\v", "\x1c"])
def test_parsed_moments_blanks_around_are_those_of_arrow(blank):
    texts = [f"{blank}2024-02-29", f"2024-02-29{blank}", f"{blank}2024-02-29{blank}\n"]
    expected = seconds_of(pa.array(texts), "%Y-%m-%d")
    np.testing.assert_array_equal(in_graph(texts, "%Y-%m-%d"), expected)
    assert np.isnan(expected).all() == (blank not in " \t\v")
