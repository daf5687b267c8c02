"""What to do about a cell that is no number."""

from __future__ import annotations

from typing import Any

import pytest

from tfx_pipeline.ingestion.checks.number_checks import number_step
from tfx_pipeline.ingestion.needs import CsvFormat


@pytest.mark.parametrize(
    ("cell", "csv", "step"),
    [
        ("True", {}, "let its kind be categorical, or write 1 and 0"),
        (" no ", {}, "let its kind be categorical, or write 1 and 0"),
        ("'1'", {}, 'cells stand in single quotes: data.csv.quote: "\'"'),
        ("2020-01-31", {}, "write seconds since 1970"),
        ("31.01.2020 10:00", {}, "write seconds since 1970"),
        ("1/31/20", {}, "write seconds since 1970"),
        ("10:30", {}, "write seconds since 1970"),
        ("$1,100.50", {}, "write the number alone, without `$`"),
        ("7 %", {}, "write the number alone, without `%`"),
        ("7,50 €", {}, "write the number alone, without `€`"),
        ("\u22127", {}, "write a negative number with a hyphen: -7"),
        ("(7)", {}, "write a negative number with a hyphen: -7"),
        ("1.5", {"decimal": ","}, "mend data.csv.decimal and data.csv.thousands"),
        ("free", {}, None),
        ("12a", {}, None),
        ("", {}, None),
    ],
)
def test_step_follows_from_the_look_of_the_cell(
    cell: str, csv: dict[str, Any], step: str | None
) -> None:
    found = number_step(cell, CsvFormat(**csv))
    assert found is None if step is None else step in (found or "")
