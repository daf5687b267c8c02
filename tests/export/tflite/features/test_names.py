from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.export.tflite.features.cells import Cells
from tfx_pipeline.export.tflite.features.names import write_codes
from tfx_pipeline.export.tflite.runtime import TfliteRuntime
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.operations import CategoryId

MOST = "9007199254740991"
FAR = "9223372036854775807"  # stands for unknown names in the model, too


def _names(column: Column, names: tuple[str, ...], cells: object) -> list[str | None]:
    """Find what the codes of cells mean."""
    writer = Writer()
    made = Cells(writer, [column])
    codes = write_codes(writer, made, [CategoryId("id", "x", ("", *names), 1, "id")])
    assert codes is not None
    writer.outputs = {"codes": codes.matrix}
    found = TfliteRuntime(writer.written("{}"))({"x": np.asarray(cells)})["codes"][:, 0]
    return [codes.of("x")[code] for code in found.tolist()]


@pytest.mark.parametrize("names", [(), ("7",), (FAR,), (MOST, "7", "-3", "+7", "07", "7.0", "1_0")])
def test_codes_of_whole_numbers_are_those_of_their_names(names: tuple[str, ...]) -> None:
    numbers = [7.0, -3.0, 7.5, 2.0**53 - 1, 2.0**53, 2.0**63, 1e300, np.nan, 10.0, -0.0]
    texts = ["7", "-3", None, MOST, None, None, None, "", None, None]

    found = _names(Column("x", "int64", is_name=True), names, numbers)

    assert found == [x if x in names or x == "" else None for x in texts]


@pytest.mark.parametrize("names", [(), ("0.1",), ("7", "0.1", "1e+20", "0", "inf", "nan", "07")])
def test_codes_of_fractions_are_those_of_their_names(names: tuple[str, ...]) -> None:
    near = np.nextafter(np.float32(0.1), np.float32(1))
    numbers = np.array([7, 0.1, 1e20, -0.0, np.inf, np.nan, near], np.float32)
    texts = ["7", "0.1", "1e+20", "0", "", "", None]

    found = _names(Column("x", "float32"), names, numbers)

    assert found == [x if x in names or x == "" else None for x in texts]


def test_codes_of_marks_are_missing_with_the_blanks_around_them() -> None:
    texts = ["?", " ?", "? ", "  ?\t", "? ?", "n/a\r\n", "N/A", "", " ", "a", " a"]

    found = _names(Column("x", "string", marks=("?", " n/a")), ("a", " "), np.array(texts, object))

    assert found == ["", "", "", "", None, "", None, "", " ", "a", None]
