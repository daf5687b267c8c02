"""What to do about a cell that looks like a number to its writer, and is none."""

from __future__ import annotations

import re

from tfx_pipeline.ingestion.columns.number_text import are_numbers
from tfx_pipeline.ingestion.needs import CsvFormat

_TRUTH = {"true", "false", "yes", "no", "y", "n", "t", "f", "on", "off"}
_MOMENT = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.*|\d{1,2}:\d{2}(:\d{2}.*)?", re.DOTALL)


def number_step(cell: str, csv: CsvFormat) -> str | None:
    """Say how a cell becomes a number, by its look; None: it looks like none.

    Args:
        cell: as written, which is no number in the style of its column.
        csv: what the configuration says of numbers.
    """
    text = cell.strip()
    if text.lower() in _TRUTH:
        return "let its kind be categorical, or write 1 and 0"
    if len(text) > 2 and text[0] == text[-1] == "'":
        return 'cells stand in single quotes: data.csv.quote: "\'"'
    if _MOMENT.fullmatch(text):
        return "write seconds since 1970 for a moment, or let its kind be categorical"
    if (csv.decimal or csv.thousands) and are_numbers(f"{text}\n"):
        return "it is a number as most write them: mend data.csv.decimal and data.csv.thousands"
    unit = text.strip("0123456789.,'+-eE() \u00a0\u202f\u2212")
    if len(unit) <= 3 and not unit.isalpha() and any(x.isdigit() for x in text):
        return f"write the number alone, without `{unit}`" if unit else _plain_step(text)
    return None


def _plain_step(text: str) -> str | None:
    if text.startswith(("\u2212", "(")):
        return "write a negative number with a hyphen: -7"
    return None
