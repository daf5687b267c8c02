"""The file of the rows that are set apart."""

from __future__ import annotations

import csv
import io

from tfx_pipeline.batch.cells.bad_rows import BadRow, as_csv


def test_as_csv_values_that_no_csv_holds_are_written_as_escapes():
    row = BadRow("a\nb.csv", 0, 1, "k\0", 'x "y"', "\0,\udcff", "why")
    text = as_csv([row], with_header=True).decode()
    _, cells = csv.reader(io.StringIO(text))
    assert cells == ["a\nb.csv", "", "2", r"k\x00", 'x "y"', r"\x00,\udcff", "why"]
