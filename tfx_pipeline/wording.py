"""How messages are worded: counts, bytes, lists that end, texts cut, names that were meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path


def counted(number: int, noun: str, *, separator: str = ",") -> str:
    """Write a number, its thousands separated, and what is counted: `1 row`, `1,200 rows`."""
    digits = f"{number:,}".replace(",", separator)
    return f"{digits} {noun}{'s' if number != 1 else ''}"


def percent(share: float) -> str:
    """Write a share to three digits: `0.0123 %`."""
    return f"{100 * share:.3g} %"


def mebibytes(count: int) -> str:
    """Write a number of bytes: `1,024 MiB`."""
    return f"{count / 2**20:,.0f} MiB"


def kilobytes(count: int) -> str:
    """Write a number of bytes, in thousands: `58 kB`."""
    return f"{count / 1000:,.0f} kB"


def listed(names: Sequence[str], most: int = 5, *, joint: str = " and ") -> str:
    """List the first names, `most` of them, and count the others: `a, b and 3 more`."""
    more = f"{joint}{len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def shortened(text: str, width: int) -> str:
    """Cut a text to `width` characters, of which the last is `…` where something was cut off."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def closest(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Find the known name that is most like a name, whatever its case; None: none is near.

    Near begins at `likeness`, 0 to 1: the ratio of `difflib`.
    """
    import difflib  # few processes have a name to guess

    names = {each.lower(): each for each in reversed([*known])}  # of equals the first stays
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=likeness)
    return names[near[0]] if near else None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Ask whether one of the known names was meant, when one is near."""
    near = closest(name, known)
    return f"did you mean `{near}`?" if near else None


def below(path: Path, folder: Path) -> str:
    """Write a path from a folder on, when it lies in that folder; else as it is."""
    return str(path.relative_to(folder) if path.is_relative_to(folder) else path)
