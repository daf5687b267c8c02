"""Where the entries of a YAML text stand: their lines, with the comments that belong to them.

Terms:
    entry: a name and its value; written in block style, a mapping is a section of entries.
    block: the lines of an entry: comments right above it, the name, the value, and below it the
        commented-out lines that begin with its own name, which are what it could be instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import yaml

Path = tuple[str, ...]

GONE = "# gone from the table: "
"""Begins the line of a feature whose column is gone, should that ever come back: of no block."""


@dataclass(frozen=True)
class Entry:
    """An entry; lines and columns are counted from 0.

    Attributes:
        path: names from the root on.
        first: line of the block; `below` is the line behind its last.
        line: where the name stands; `column` of it.
        end: line and column behind the value's last character; of a section, behind its name.
        is_section: it holds entries of its own, and its block ends with its name.
        is_inline: it stands between braces, on lines of something else.
    """

    path: Path
    first: int
    below: int
    line: int
    column: int
    end: tuple[int, int]
    is_section: bool = False
    is_inline: bool = False


@dataclass
class Entries:
    """A text by its lines and entries, in their order."""

    lines: list[str]
    by_path: dict[Path, Entry] = field(default_factory=dict)

    def block(self, path: Path) -> list[str]:
        """Give the lines of an entry's block."""
        entry = self.by_path[path]
        return self.lines[entry.first : entry.below]

    def loose(self) -> list[str]:
        """Give the comments that belong to no entry."""
        owned = {i for x in self.by_path.values() for i in range(x.first, x.below)}
        return [x for i, x in enumerate(self.lines) if i not in owned and _is_comment(x)]

    def behind(self, path: Path) -> int:
        """Give the line behind an entry, and behind all that stands in it."""
        entry = self.by_path[path]
        return max([entry.below, *(self.behind(x) for x in self.inside(path))])

    def inside(self, path: Path) -> list[Path]:
        """Name the entries of a section, or of the root, `()`."""
        return self._inside.get(path, [])

    @cached_property
    def _inside(self) -> dict[Path, list[Path]]:
        found: dict[Path, list[Path]] = {}
        for path in self.by_path:
            found.setdefault(path[:-1], []).append(path)
        return found

    def behind_comments(self, path: Path) -> int:
        """Give the line behind a section of the root, and behind the comments at its end."""
        line = self.behind(path)
        while line < len(self.lines) and self.lines[line].startswith(" "):
            line += 1
        return line


def entries_of(text: str) -> Entries:
    """Find the entries of a text that is YAML, with a mapping at its root or nothing at all."""
    found = Entries(text.split("\n"))
    node = yaml.compose(text, yaml.SafeLoader)
    if isinstance(node, yaml.MappingNode):
        finder = _Finder(found.lines)
        finder.mapping(node, (), inline=bool(node.flow_style))
        found.by_path.update(finder.found)
    return found


class _Finder:
    """Walks the nodes of a text in their order."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._behind = 0  # the last block: comments before this line belong to it
        self.found: dict[Path, Entry] = {}

    def mapping(self, node: yaml.MappingNode, above: Path, *, inline: bool) -> None:
        """Note all entries of a mapping; `inline`: it stands between braces."""
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                self._entry(key, value, (*above, str(key.value)), inline=inline)

    def _entry(self, key: yaml.Node, value: yaml.Node, path: Path, *, inline: bool) -> None:
        line, column = key.start_mark.line, key.start_mark.column
        end = _end_of(value)
        is_alias = end < (line, column)  # the value stands elsewhere
        inner = value if isinstance(value, yaml.MappingNode) and not is_alias else None
        is_section = inner is not None and not inner.flow_style and not inline
        if is_section or is_alias:
            end = (line, len(self._lines[line]))
        first, below = line, end[0] + 1
        if not inline:
            while first > self._behind and _is_above(self._lines[first - 1], column):
                first -= 1
            name = self._lines[line][column : key.end_mark.column]
            while not is_section and _is_instead(self._lines, below, name):
                below += 1
            self._behind = below
        entry = Entry(path, first, below, line, column, end, is_section, inline)
        self.found.setdefault(path, entry)
        if inner:
            self.mapping(inner, path, inline=not is_section)


def _end_of(node: yaml.Node) -> tuple[int, int]:
    """Give line and column behind a value; marks of blocks lie behind blank lines and comments."""
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if is_block and node.value:
        last = node.value[-1]
        return _end_of(last[1] if isinstance(last, tuple) else last)
    return node.end_mark.line, node.end_mark.column


def _is_comment(line: str) -> bool:
    return line.lstrip(" ").startswith("#")


def _is_above(line: str, column: int) -> bool:
    """Tell a comment that belongs to the entry below it, whose name stands in a column."""
    text = line[column:]
    return not line[:column].strip(" ") and text.startswith("#") and not text.startswith(GONE)


def _is_instead(lines: list[str], at: int, name: str) -> bool:
    """Tell an alternative of an entry: a comment that begins with the entry's own name."""
    return at < len(lines) and lines[at].lstrip(" ").startswith(f"# {name}:")
