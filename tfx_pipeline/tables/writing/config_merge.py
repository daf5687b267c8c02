"""Bring a configuration up to date that a person may have changed since it was written.

Terms:
    before: what was written last time; `now`: what would be written today; `there`: the file.
    untouched: a setting of the file whose value is the one that was written last time.

Untouched settings get today's value, new ones are added, and what a person changed or removed stays
so. Order and comments of the file stay; a comment that is as it was written is written anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tfx_pipeline.config.yaml_source import parse_yaml
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.tables.writing.loose_comments import comment_edits
from tfx_pipeline.tables.writing.text_edits import Edit, edited, indented, of_lines
from tfx_pipeline.tables.writing.yaml_entries import GONE, Entry, Path
from tfx_pipeline.tables.writing.yaml_text import NOTHING, YamlText, with_changes
from tfx_pipeline.tables.writing.yaml_values import flow_text, key_text


@dataclass(frozen=True)
class Kept:
    """A setting that stays as a person wants it.

    Attributes:
        setting: its dotted key.
        there: what the file has; none: it was removed.
        now: what would be written today; none: nothing.
    """

    setting: str
    there: str | None
    now: str | None


def merge_config(
    before: str, there: str, now: str, columns: Collection[str], name: str
) -> tuple[str, list[Kept]]:
    """Give the text of the file, brought up to date, and what stays as a person changed it.

    Args:
        before: text that was written last time.
        there: text of the file.
        now: text that would be written today.
        columns: names of the table's columns.
        name: of the file, in errors.

    Raises:
        ConfigError: the file is no YAML, or written in a way that cannot be brought up to date.
    """
    if there == before:
        return now, []
    own = YamlText(there, name)
    own.check()
    merge = _Merge(YamlText(before, name), own, YamlText(now, name), columns)
    merged = edited(there, merge.edits())
    if _values(merged) != merge.expected():
        what = "it is written in a way that cannot be brought up to date"
        step = "write anchors and aliases out, or start afresh: --force"
        raise ConfigError([Problem(what, name, next_step=step)], "nothing was written")
    return merged, merge.kept


def _values(text: str) -> dict[str, Any] | None:
    """Read a text; none: it is no YAML any more."""
    try:
        return parse_yaml(text, "").values
    except ConfigError:
        return None


class _Merge:
    """Finds what is to be edited in the file's text."""

    def __init__(
        self, before: YamlText, there: YamlText, now: YamlText, columns: Collection[str]
    ) -> None:
        self._before, self._there, self._now = before, there, now
        self._columns = columns
        self._known = there.entries.by_path
        self._changed: dict[Path, Any] = {}  # new values; `NOTHING` where they go
        self.kept: list[Kept] = []

    def edits(self) -> list[Edit]:
        """List all edits."""
        texts = (self._before, self._there, self._now)
        comments = comment_edits(*(each.entries for each in texts), behind=("features",))
        return [*self._settings(), *self._left_out(), *self._headings(), *comments]

    def expected(self) -> dict[str, Any]:
        """Give the values that the edited text must have."""
        emptied = dict.fromkeys(self._emptied(), NOTHING)
        return with_changes(self._there.values, {**self._changed, **emptied})

    def _settings(self) -> Iterator[Edit]:
        """Bring what would be written today up to date, and add what is new."""
        done: set[Path] = set()
        for path in self._now.settings:
            if path in self._known:
                yield from self._of_known(path)
            elif path in self._before.entries.by_path or self._is_removed(path[:-1]):
                self._keep(path)
            elif path not in done:
                new = self._new_ancestor(path)
                done.update(x for x in self._now.settings if x[: len(new)] == new)
                yield from self._added(new)

    def _of_known(self, path: Path) -> Iterator[Edit]:
        before, there, now = (x.value(path) for x in (self._before, self._there, self._now))
        entry = self._known[path]
        if there != now and (there != before or entry.is_inline):
            self._keep(path)
            return
        if there != now:
            self._changed[path] = now
        if path not in self._before.settings or entry.is_section:
            if there != now:
                yield self._new_value(entry)
            return
        block, old = self._now.entries.block(path), self._before.entries.block(path)
        if self._there.entries.block(path) == old:
            if block != old:
                yield of_lines(entry.first, entry.below, block)
        elif there != now:
            yield self._new_value(entry)

    def _new_value(self, entry: Entry) -> Edit:
        """Replace a name and its value, and nothing else on its lines."""
        of_now = self._now.entries.by_path[entry.path]
        lines = self._now.entries.lines[of_now.line : of_now.end[0] + 1]
        lines[-1] = lines[-1][: of_now.end[1]]
        end = entry.end
        if entry.is_section:
            last = self._there.entries.behind(entry.path) - 1
            end = (last, len(self._there.entries.lines[last]))
        return Edit((entry.line, entry.column), end, "\n".join(lines)[of_now.column :])

    def _new_ancestor(self, path: Path) -> Path:
        """Give the outermost section around a new setting that is new as well, or itself."""
        depths = range(1, len(path))
        return next((path[:x] for x in depths if path[:x] not in self._known), path)

    def _added(self, path: Path) -> Iterator[Edit]:
        """Put a new entry behind the one that stands before it today, where the file has that."""
        holder = self._known.get(path[:-1])
        if holder and not holder.is_section:  # between braces, or a short form: a person's own
            self._keep(path)
            return
        for each in self._now.settings:
            if each[: len(path)] == path:
                self._changed[each] = self._now.value(each)
        entry = self._now.entries.by_path[path]
        lines = self._now.entries.lines[entry.first : self._now.entries.behind(path)]
        siblings = self._now.entries.inside(path[:-1])
        known = next((x for x in siblings if x in self._known), None)
        column = self._known[known].column if known else holder.column + 2 if holder else 0
        if path[-1] in self._gone and path[0] == "features":
            at = self._gone[path[-1]]
            back = self._there.entries.lines[at].replace(GONE, "", 1)
            self._changed[path] = parse_yaml(back.strip(), "").values[path[-1]]
            yield of_lines(at, at + 1, [back])
            return
        before = reversed(siblings[: siblings.index(path)])
        earlier = next((x for x in before if x in self._known), None)
        lines = indented(lines, column - entry.column)
        at = holder.line + 1 if holder else 0
        if earlier and not holder:
            at = self._there.entries.behind_comments(earlier)
        elif earlier:
            at = self._there.entries.behind(earlier)
        yield of_lines(at, at, lines if holder else ["", *lines])

    @cached_property
    def _gone(self) -> dict[str, int]:
        """Lines of features whose columns were gone, by their names."""
        found: dict[str, int] = {}
        for at, line in enumerate(self._there.entries.lines):
            if line.lstrip(" ").startswith(GONE):
                with contextlib.suppress(ConfigError):  # a person made something else of it
                    (name,) = parse_yaml(line.partition(GONE)[2], "").values or ("",)
                    found[name] = at
        return found

    def _left_out(self) -> Iterator[Edit]:
        """Remove what nothing is said of today."""
        for path in self._before.settings:
            entry = self._known.get(path)
            if entry is None or path in self._now.entries.by_path:
                continue
            is_gone = path[0] == "features" and path[-1] not in self._columns
            is_touched = self._there.value(path) != self._before.value(path)
            if entry.is_inline or (is_touched and not is_gone):
                self._keep(path)
                continue
            self._changed[path] = NOTHING
            yield of_lines(entry.first, self._there.entries.behind(path), self._gone_line(entry))

    def _gone_line(self, entry: Entry) -> list[str]:
        """Keep what a person made of the feature of a column that is gone, as a comment."""
        value = self._there.value(entry.path)
        if value == self._before.value(entry.path):
            return []
        self._keep(entry.path)
        line = self._there.entries.lines[entry.end[0]]
        behind = "" if entry.is_section else line[entry.end[1] :]
        setting = f"{key_text(entry.path[-1])}: {flow_text(value)}"
        return [f"{' ' * entry.column}{GONE}{setting}{behind}"]

    def _headings(self) -> Iterator[Edit]:
        """Write comments above sections anew; remove sections of which nothing is left."""
        emptied = self._emptied()
        for path, entry in self._known.items():
            of_before = self._before.entries.by_path.get(path)
            if path in emptied:
                blank = entry.first > 0 and not self._there.entries.lines[entry.first - 1].strip()
                yield of_lines(entry.first - blank, entry.line + 1, [])
            elif (
                entry.is_section
                and of_before
                and of_before.is_section
                and path in self._now.entries.by_path
            ):
                old, block = self._before.entries.block(path), self._now.entries.block(path)
                if old != block and self._there.entries.block(path) == old:
                    yield of_lines(entry.first, entry.below, block)

    def _emptied(self) -> list[Path]:
        """Name sections of the file all of whose entries go, the inner ones first."""
        gone = {path for path, value in self._changed.items() if value is NOTHING}
        found: list[Path] = []
        for path, entry in reversed(self._known.items()):
            inner = self._there.entries.inside(path) if entry.is_section else []
            if inner and gone.issuperset(inner) and not self._is_added_to(path):
                gone.add(path)
                found.append(path)
        return found

    def _is_added_to(self, path: Path) -> bool:
        kept = (x for x, value in self._changed.items() if value is not NOTHING)
        return any(x[: len(path)] == path for x in kept)

    def _is_removed(self, path: Path) -> bool:
        """Tell whether a section that was written is there no more."""
        return any(
            path[:x] in self._before.entries.by_path and path[:x] not in self._known
            for x in range(1, len(path) + 1)
        )

    def _keep(self, path: Path) -> None:
        there, now = (
            None if value is NOTHING else flow_text(value)
            for value in (self._there.value(path), self._now.value(path))
        )
        self.kept.append(Kept(".".join(path), there, now))
