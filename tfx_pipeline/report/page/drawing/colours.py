"""Colours by what they mean; the page says what they are, by day, by night and on paper.

Matplotlib wants colours that it knows. So each meaning has a number that no plot would use, and
`svg` puts the page's own variable in its place.
"""

from __future__ import annotations

INK, MUTED, GRID, CARD = "#010101", "#010102", "#010103", "#010104"
FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH = (f"#01020{place}" for place in range(6))
GOOD, WARN, BAD = "#010301", "#010302", "#010303"

SERIES = (FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH)
DASHES = ("solid", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)), (0, (9, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P")
"""A series is told by its dashes or its marker as well as by its colour."""

VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    CARD: "--card",
    **{colour: f"--series-{place}" for place, colour in enumerate(SERIES, start=1)},
    GOOD: "--good",
    WARN: "--warn",
    BAD: "--bad",
}
