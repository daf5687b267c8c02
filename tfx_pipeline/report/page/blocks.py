"""What a section is made of; the template writes each kind down in its own way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

Mark = Literal["good", "bad", "warn", "plain"]


@dataclass(frozen=True)
class Text:
    """A paragraph; what stands between backticks is code. `mark` tells notes and warnings."""

    kind: ClassVar[str] = "text"
    text: str
    mark: Mark | Literal["note"] = "plain"


@dataclass(frozen=True)
class Cell:
    """A cell that is more than its text: with a sign, a link within the page, a part of a whole.

    `level` from 0 to 9 shades it; whatever it says is said by the text as well.
    """

    text: str
    mark: Mark = "plain"
    link: str = ""
    level: int | None = None


_WIDTHS = ((7, "many"), (5, "wider"), (3, "wide"))
"""Classes of tables that have more columns than so many."""
Row: TypeAlias = "tuple[str | Cell, ...]"


@dataclass(frozen=True)
class Table:
    """A table: names of columns, and rows of as many cells; `numbers` stand at the right."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    numbers: Sequence[int] = ()
    left_out: str = ""

    @property
    def width(self) -> str:
        """Say from how much room on its columns stand side by side; empty: always."""
        return next((name for most, name in _WIDTHS if len(self.columns) > most), "")


@dataclass(frozen=True)
class Pairs:
    """Names and values."""

    kind: ClassVar[str] = "pairs"
    pairs: Mapping[str, str | Cell]


@dataclass(frozen=True)
class Plot:
    """A plot: `svg` says its title and description itself; `table` has what it shows.

    A table that is shown for its own sake stands open below.
    """

    kind: ClassVar[str] = "plot"
    title: str
    description: str
    svg: str
    table: Table
    is_open: bool = False


@dataclass(frozen=True)
class Plots:
    """Plots beside one another, as many as there is room for."""

    kind: ClassVar[str] = "plots"
    plots: Sequence[Plot]


@dataclass(frozen=True)
class Folded:
    """What is opened by who wants to see it."""

    kind: ClassVar[str] = "folded"
    summary: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Card:
    """Something with a verdict of its own."""

    kind: ClassVar[str] = "card"
    title: str
    mark: Mark
    word: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Code:
    """A text as it is."""

    kind: ClassVar[str] = "code"
    text: str
    label: str


@dataclass(frozen=True)
class Heading:
    """The name of what follows, within a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Links:
    """A way whose stations are linked: id, name, words, ids and names of what comes before."""

    kind: ClassVar[str] = "links"
    stations: Sequence[Station]


@dataclass(frozen=True)
class Station:
    """A station of that way."""

    id: str
    name: str
    words: str
    mark: Mark = "plain"
    before: Sequence[tuple[str, str]] = ()
    after: Sequence[tuple[str, str]] = ()


Block = Text | Table | Pairs | Plot | Plots | Folded | Card | Code | Heading | Links


@dataclass(frozen=True)
class Section:
    """A section; `mark` says in the list of sections where to look, `short` is its name there."""

    id: str
    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)
    mark: Mark = "plain"
    short: str = ""


@dataclass(frozen=True)
class Tile:
    """A figure that is seen first."""

    name: str
    value: str
    words: str = ""
    mark: Mark = "plain"
