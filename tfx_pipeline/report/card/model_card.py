"""What a model card holds, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """Something that is said of the model.

    Attributes:
        name: of what.
        text: what is said; empty: nobody said it.
        setting: key of the configuration by which a person says it; empty: it is measured.
    """

    name: str
    text: str
    setting: str = ""


@dataclass(frozen=True)
class CardTable:
    """Figures: each row has as many cells as there are columns."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class CardSection:
    """One of the card's sections, with Mitchell's name."""

    title: str
    entries: tuple[Entry, ...] = ()
    tables: tuple[CardTable, ...] = ()


@dataclass(frozen=True)
class AnnexPoint:
    """A point of the EU AI Act's Annex IV, and where its facts are.

    Attributes:
        number: of the point.
        title: what it asks for, in short.
        sections: of this card that hold facts for it.
        elsewhere: where others are.
        missing: what people must write, since no run knows it.
    """

    number: str
    title: str
    sections: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True)
class ModelCard:
    """A model card.

    Attributes:
        model: name under which it is served.
        version: empty: it was not pushed.
        pipeline: that made it.
        run_id: the run that made it.
        status: what came of the run.
        sections: in Mitchell's order.
        annex_iv: the map to Annex IV of Regulation (EU) 2024/1689.
    """

    model: str
    version: str
    pipeline: str
    run_id: str
    status: str
    sections: tuple[CardSection, ...]
    annex_iv: tuple[AnnexPoint, ...] = field(default_factory=tuple)
    format: int = FORMAT
