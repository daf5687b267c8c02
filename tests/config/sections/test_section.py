"""Names of columns: anything that a line of a table can hold."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from tfx_pipeline.config.sections.section import ColumnName

NAMES = TypeAdapter(ColumnName)


@pytest.mark.parametrize(
    "name",
    [
        *("bill length (mm)", "bill.length", "bill/length", "bill-length", "Schnabellänge"),
        *("1st_bill", "_bill", "a:b", "$price", "50%", "a=b", "it's", 'say "hi"', "a\\b", "x`y"),
        *("日本", "a\u00a0b", "class", " <=50K", "#", "*", "[x]", "{x}", "a,b", "a;b", "😀", "é"),
    ],
)
def test_column_name_may_be_any_text_in_one_line(name: str) -> None:
    assert NAMES.validate_python(name) == name


@pytest.mark.parametrize("name", ["a\tb", "a\nb", "a\rb", "\x00", "a\x7fb", "a\u2028b", "\u0085"])
def test_column_name_with_a_control_character_is_refused_in_words(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        NAMES.validate_python(name)
    assert "any text in one line" in str(caught.value)
    assert "pattern" not in str(caught.value)


def test_column_name_must_not_be_empty() -> None:
    with pytest.raises(ValidationError):
        NAMES.validate_python("")
