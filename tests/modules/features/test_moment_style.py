from __future__ import annotations

import datetime
import math
import zoneinfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_pipeline.modules.features.moment_style import ISO_8601, read_pattern, seconds_of

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
PATTERNS = (
    *("%d/%m/%Y %H:%M", "%m/%d/%y", "%Y-%m-%d %H:%M:%S.%f", "%d.%m.%Y", "%b %d, %Y %I:%M %p"),
    *("%A, %d %B %Y", "%a %b %d %H:%M:%S %z %Y", "%Y%m%d", "%Y%m%dT%H%M%S%z", "%H:%M", "%d%m%y"),
    *("%I %p", "%Y-%m-%dT%H:%M:%SZ", "%y%m%d%H%M", "100%% %d %b", "%I:%M:%S %d-%m-%Y", "%f.%S"),
)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
MOMENTS = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2099, 12, 30))


def expected(text: str, pattern: str, zone: str | None = None) -> float:
    """Read a moment by Python's own `strptime`; NaN where it is none."""
    try:
        moment = datetime.datetime.strptime(text, pattern)
    except ValueError:
        return math.nan
    if moment.tzinfo is None and zone:
        there = zoneinfo.ZoneInfo(zone)
        known = moment if 1900 <= moment.year < 2100 else datetime.datetime(1900, 1, 1)
        known = datetime.datetime(2100, 1, 1) if moment.year >= 2100 else known
        moment = moment.replace(tzinfo=datetime.timezone(known.replace(tzinfo=there).utcoffset()))
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - EPOCH).total_seconds()


def assert_read(texts, pattern, zone=None):
    found = seconds_of(pa.array(texts), pattern, zone)
    wanted = [expected(text.strip(), pattern, zone) for text in texts]
    np.testing.assert_allclose(found, wanted, rtol=5e-16, atol=1e-6)  # of float64 today


@st.composite
def nearly_written(draw, pattern):
    """Write a moment by a pattern, perhaps with a letter changed, left out or put in."""
    offset = datetime.timezone(datetime.timedelta(minutes=draw(st.integers(-1439, 1439))))
    text = draw(MOMENTS).replace(tzinfo=offset).strftime(pattern)
    text = draw(st.sampled_from([text, text.upper(), text.lower(), text.replace("/0", "/")]))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        letter = draw(st.sampled_from([*"0123456789 /-:.+Z", ""]))
        text = text[:place] + letter + text[place + draw(st.integers(0, 1)) :]
    return text


TEXTS = st.sampled_from(PATTERNS).flatmap(
    lambda pattern: st.tuples(
        st.just(pattern), st.lists(nearly_written(pattern), min_size=1, max_size=20)
    )
)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from([None, *ZONES]))
def test_seconds_of_any_texts_are_what_strptime_says(written, zone):
    pattern, texts = written
    assert_read(texts, pattern, zone)


@settings(max_examples=200, deadline=None)
@given(MOMENTS, st.sampled_from(["T", " "]), st.sampled_from(["hours", "seconds", "microseconds"]))
def test_seconds_of_iso_8601_are_what_fromisoformat_says(moment, separator, timespec):
    timespec = "minutes" if timespec == "hours" else timespec
    texts = {moment.date().isoformat(): datetime.datetime.fromisoformat(str(moment.date()))}
    for offset, suffix in ((None, ""), (UTC, "Z"), (datetime.timedelta(hours=-3.5), "-03:30")):
        zone = datetime.timezone(offset) if isinstance(offset, datetime.timedelta) else offset
        text = moment.isoformat(separator, timespec)
        texts[text + suffix] = datetime.datetime.fromisoformat(text).replace(tzinfo=zone)
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    wanted = [
        ((each if each.tzinfo else each.replace(tzinfo=berlin)) - EPOCH).total_seconds()
        for each in texts.values()
    ]
    found = seconds_of(pa.array(texts), ISO_8601, "Europe/Berlin")
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-30", "2023-02-29", "0000-01-01", "2024-13-01", "2024-1-5", "2024-01-05T24:00"),
        *("2024-01-05T10", "2024-01-05T10:60", "2024-01-05T10:00:60", "2024-01-05Z", "today", ""),
    ],
)
def test_seconds_of_what_is_no_iso_8601_is_missing(text):
    assert np.isnan(seconds_of(pa.array([text]), ISO_8601)).all()


@pytest.mark.parametrize(
    ("shown", "utc"),
    [
        ("2024-03-31 02:30", "2024-03-31T01:30:00Z"),  # clocks skip it
        ("2024-10-27 02:30", "2024-10-27T00:30:00Z"),  # and show this twice: the first one
        ("2024-10-27 03:00", "2024-10-27T02:00:00Z"),
    ],
)
def test_seconds_of_when_clocks_are_moved_counts_as_python_does(shown, utc):
    local = seconds_of(pa.array([shown]), "%Y-%m-%d %H:%M", "Europe/Berlin")
    assert local.tolist() == seconds_of(pa.array([utc]), ISO_8601).tolist()


def test_seconds_of_any_form_of_array_gives_the_same():
    texts = pa.array(["1970-01-01 00:00:01", None, "x"])
    for form in (texts, texts.dictionary_encode(), pa.chunked_array([texts])):
        found = seconds_of(form, ISO_8601).tolist()
        assert found == pytest.approx([1.0, math.nan, math.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("pattern", "why"),
    {
        "%Q": "`%Q`",
        "10%": "`%`",
        "abc": "nothing of a moment",
        "%p": "nothing of a moment",
        "%d %d": "day twice",
        "%b %m": "month twice",
        "%Y %y": "year twice",
        "%I %H": "hour twice",
        "%a %A": "weekday twice",
    }.items(),
)
def test_read_pattern_of_no_pattern_says_why(pattern, why):
    with pytest.raises(ValueError, match=why) as caught:
        read_pattern(pattern)
    assert "%d" in str(caught.value).partition("allowed")[2]
