"""Blocks that say nothing new of their column."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_pipeline.ingestion.columns.cells import block_of
from tfx_pipeline.ingestion.columns.quick_scan import add_known
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.needs import Use
from tfx_pipeline.ingestion.reading.arrow_arrays import encoded

PATH = Path("table.csv")
CELLS = [
    ["", "17", "-3", "0", "16777217", "-16777218", "9007199254740993", "9" * 20, str(-(2**63))],
    ["17.0", "0.0", "-2.0", "9007199254740992.0", "9" * 400 + ".0"],
    ["", "0.5", "-1.25", "1,5", "1.125", "3.4e38", "1e39", "1e-5", "1E3", ".5", "1.", "+1.5"],
    ["", "a", "b", "NA", " ", "\u3000", "x\ny", "\n", "12:30"],
    ["007", "+7", "1.00", "inf", "1 000", "17", "2.5"],
]
USES: list[Use] = ["number", "moment", "category", "spelling", "text", "unused"]


def scanned(blocks: list[list[str]], use: Use, *, quickly: bool) -> tuple[ColumnScan, int]:
    """Scan blocks; give also how many of them said nothing new."""
    scan, known = ColumnScan("x", use), 0
    for number, cells in enumerate(blocks):
        path, column = Path(f"{number // 3}.csv"), encoded(cells)
        if quickly and add_known(scan, column, path):
            known += 1
        else:
            scan.add(block_of(column, path, range(len(cells))))
    return scan, known


def told(scan: ColumnScan) -> dict[str, object]:
    """Give all that a scan knows."""
    known = {**vars(scan), "styles": scan.styles.styles}
    return {**known, "foreign": {x: told(reading) for x, reading in scan.foreign.items()}}


mixed = st.sampled_from([*CELLS, list(chain(*CELLS))]).flatmap(
    lambda cells: st.lists(st.lists(st.sampled_from(cells), min_size=1, max_size=8), max_size=6)
)


@settings(max_examples=200, deadline=None)
@given(mixed, st.sampled_from(USES))
def test_known_blocks_are_taken_in_as_all_others_are(blocks: list[list[str]], use: Use) -> None:
    blocks = [*blocks, *blocks[:1], *blocks[-1:]]
    expected, _ = scanned(blocks, use, quickly=False)
    found, _ = scanned(blocks, use, quickly=True)
    assert told(found) == told(expected)


def test_blocks_of_the_same_kind_say_nothing_new() -> None:
    for cells in (["17", "-3", ""], ["17.0", "2.0"], ["0.5", "1.0", "7"], ["0.25"], ["a", "b"]):
        for use in USES:
            _, known = scanned([cells] * 3, use, quickly=True)
            is_number = use in ("number", "moment")
            is_looked_at = cells[0] == "a" if is_number else cells[0] in ("0.5", "0.25")
            assert known == (0 if is_looked_at else 2), (cells, use)


def test_a_larger_number_or_another_shape_is_new() -> None:
    for first, later in (("17", "18"), ("17.0", "18.0"), ("17", "a"), ("a", " "), ("a", "17.0")):
        scan, known = scanned([[first], [later]], "category", quickly=True)
        assert known == 0 and scan.rows == 2
