from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfx_pipeline.config.yaml_source import parse_yaml
from tfx_pipeline.tables.writing.yaml_values import entry_lines, flow_text, one_line, scalar_text

ODD = [
    *("yes", "No", "null", "~", "on", "2020", "2020-01-01", "1e3", "0x10", "010", "12:30", "1_0"),
    *("@id", "`x", "%", "a: b", "a:", "a #b", "#", "- a", "-", "?", "? a", "!x", "&x", "*x", "|"),
    *(">", "{a", "a}", "[a]", "a,b", ",", "'", '"', "it's", 'say "so"', "\\", "a\\nb", " a", "a "),
    *("<<", "=", "y", "N", ".5", ".nan", "---", "...", "é", "名前", "a\u00a0b", "\u200b", "\ufeff"),
    *("𝄞", "a.b", "bill length (mm)", "1st/2nd", "$1,234.50", "%d/%m/%Y", "", "Off", "_"),
]
TEXTS = st.one_of(st.sampled_from(ODD), st.text(max_size=12))
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXTS,
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a crowded machine
@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=5))
def test_mapping_is_read_as_it_was_written(values: dict[str, Any]) -> None:
    lines = [line for name, value in values.items() for line in entry_lines(name, value, 2)]
    text = "features:\n" + "\n".join(lines) + "\n"
    assert parse_yaml(text, "x").values == {"features": values}
    assert all("\n" not in line for line in lines)


@given(TEXTS)
def test_text_is_a_text_for_every_reader_of_yaml(text: str) -> None:
    for written in (scalar_text(text), flow_text([text]), flow_text({text: text})):
        found = yaml.safe_load(written)
        assert found in (text, [text], {text: text})


@pytest.mark.parametrize("text", ["a", "price", "bill length (mm)", "a.b", "Größe", "it's"])
def test_ordinary_name_needs_no_quotes(text: str) -> None:
    assert scalar_text(text) == text


@pytest.mark.parametrize("text", ["yes", "NO", "null", "2020", "@a", "n", "1.5", "", "12:30"])
def test_name_that_may_be_misread_stands_between_quotes(text: str) -> None:
    assert scalar_text(text) == f'"{text}"'


def test_small_number_stays_a_number() -> None:
    assert scalar_text(1e-05) == "1.0e-05"
    assert parse_yaml("x: 1.0e-05", "x").values == {"x": 1e-05}


def test_long_list_goes_on_below() -> None:
    names = [f"category {number}" for number in range(30)]
    lines = entry_lines("classes", names, 2)
    assert len(lines) > 3 and all(len(line) <= 100 for line in lines)
    assert parse_yaml("label:\n" + "\n".join(lines), "x").values == {"label": {"classes": names}}


def test_comment_is_one_printable_line() -> None:
    assert one_line("a\n# b\u2028c\x07d") == "a # b c d"
