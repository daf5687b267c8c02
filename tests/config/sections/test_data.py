"""Configuration of the input table."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tfx_pipeline.config.sections.data import CsvConfig


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"encoding": "rot13"}, "the name of an encoding"),
        ({"encoding": "hex"}, "the name of an encoding"),
        ({"encoding": "base64"}, "the name of an encoding"),
        ({"encoding": "undefined"}, "the name of an encoding"),
        ({"encoding": "utf-99"}, "the name of an encoding"),
        ({"encoding": "a\0b"}, "the name of an encoding"),
        ({"delimiter": "'", "quote": "'"}, "delimiter and quote must differ"),
        ({"delimiter": ";", "comment": ";;"}, "must not begin with the delimiter or the quote"),
        ({"comment": '"'}, "must not begin with the delimiter or the quote"),
        ({"decimal": ",", "thousands": ","}, "decimal and thousands must differ"),
        ({"names": ["a", "a"]}, "names must differ"),
        ({"delimiter": "ab"}, "one character, or `tab`"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(
    settings: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ValidationError, match=expected):
        CsvConfig(**settings)


@pytest.mark.parametrize(
    ("written", "name"), [("latin-1", "iso8859-1"), ("cp1252", "cp1252"), ("UTF8", "utf-8")]
)
def test_encoding_is_known_by_any_of_its_names(written: str, name: str) -> None:
    assert CsvConfig(encoding=written).encoding == name
