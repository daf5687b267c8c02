from __future__ import annotations

import datetime
import zoneinfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_pipeline.modules.features.time_zone import read_zone

UTC = datetime.timezone.utc
ZONES = (
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"),
    *("Asia/Kathmandu", "America/Argentina/San_Luis", "Pacific/Apia", "Europe/Dublin"),
)
CENTURY = range(-(60 * 60 * 24 * 365 * 60), 60 * 60 * 24 * 365 * 125)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ZONES), st.integers(CENTURY.start, CENTURY.stop))
def test_read_zone_any_moment_is_as_far_ahead_as_zoneinfo_says(name, seconds):
    zone, table = zoneinfo.ZoneInfo(name), read_zone(name)
    moves = [x for move in table.moves for x in (move - 1, move)]
    for second in (seconds, *moves[:: max(1, len(moves) // 20)]):
        there = datetime.datetime.fromtimestamp(second, zone)
        assert table.ahead_at(np.array([second])) == there.utcoffset().total_seconds()
        shown = there.replace(tzinfo=UTC).timestamp()
        first = there.replace(fold=0)
        assert table.ahead_when(np.array([shown])) == first.utcoffset().total_seconds()


def test_read_zone_skipped_time_is_counted_from_before_the_move():
    zone = zoneinfo.ZoneInfo("America/New_York")
    skipped = datetime.datetime(2024, 3, 10, 2, 30)
    shown = skipped.replace(tzinfo=UTC).timestamp()
    found = read_zone("America/New_York").ahead_when(np.array([shown]))
    assert found == skipped.replace(tzinfo=zone).utcoffset().total_seconds()


@pytest.mark.parametrize("name", ["Europe/Berln", "", "/etc/passwd", "../UTC"])
def test_read_zone_of_no_such_name_says_what_is_allowed(name):
    with pytest.raises(ValueError, match="a name of IANA") as caught:
        read_zone(name)
    assert repr(name) in str(caught.value)


def test_read_zone_misspelt_name_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean `Europe/Berlin`"):
        read_zone("Europe/Berln")
