"""Paths with TFX's specs: `{SPAN}`, `{SPAN:3}`, `{YYYY}-{MM}-{DD}`, `{VERSION}`.

What they mean, and what is refused, is what `tfx.components.example_gen.utils` says (a test
compares). Where that reads `-1`, `+1` or ` 1` as a number, or takes the first of `1` and `01`
without a word, this refuses.

Terms:
    spec: what stands for a span, for its version, or for a part of a date.
    span: a whole number that orders the parts of a table; of a date, the days since 1970-01-01.
    version: a whole number; of one span, a later version takes the place of those before.
    width: number of digits: `{SPAN:3}` is `007`, and neither `7` nor `1007`.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

_SPEC = re.compile(r"\{(SPAN|VERSION)(?::([^{}]*))?\}|\{(YYYY|MM|DD)\}")
_DATE = {"YYYY": 4, "MM": 2, "DD": 2}
_WILD = re.compile(r"(\*\*/?|\*|\?|\[!?\]?[^]/]*\])")
_EPOCH = date(1970, 1, 1)


class SpanError(ValueError):
    """A path that TFX's specs do not fit: what is wrong, and what is allowed."""

    def __init__(self, what: str, received: str | None = None, allowed: str | None = None) -> None:
        super().__init__(what)
        self.what, self.received, self.allowed = what, received, allowed


@dataclass(frozen=True)
class SpanPath:
    """A file or folder that a pattern matches; `spelling`: how span and version are written."""

    path: Path
    span: int
    version: int | None
    spelling: str


@dataclass(frozen=True)
class SpanPattern:
    """A path with specs.

    Attributes:
        text: the path, absolute.
        is_date: whether spans are written as dates.
        has_version: whether spans have versions.
    """

    text: str
    is_date: bool
    has_version: bool

    @classmethod
    def parse(cls, text: str) -> SpanPattern:
        """Take a path with specs.

        Raises:
            SpanError: as TFX: not exactly one span or date, a version without one, two versions, or
                a width that is none.
        """
        found = [match[1] or match[3] for match in _SPEC.finditer(text)]
        counts = {name: found.count(name) for name in ("SPAN", "VERSION", *_DATE)}
        dates = {name: counts[name] for name in _DATE}
        if counts["SPAN"] and any(dates.values()):
            raise SpanError("both a span and a date", text, "`{SPAN}`, or the parts of a date")
        if counts["SPAN"] > 1:
            raise SpanError("`{SPAN}` more than once", text, "one `{SPAN}`")
        if any(dates.values()) and any(count != 1 for count in dates.values()):
            raise SpanError(
                "not exactly one of each part of a date", text, "`{YYYY}`, `{MM}` and `{DD}`"
            )
        if counts["VERSION"] and not (counts["SPAN"] or any(dates.values())):
            raise SpanError(
                "`{VERSION}` without a span", text, "`{SPAN}` or a date, and then its `{VERSION}`"
            )
        if counts["VERSION"] > 1:
            raise SpanError("`{VERSION}` more than once", text, "one `{VERSION}`")
        for match in _SPEC.finditer(text):
            if match[2] and not (match[2].isdecimal() and int(match[2])):
                what = f"`{match[0]}`: the width is no whole number above 0"
                raise SpanError(what, text, "e.g. `{SPAN:3}` for 001, 002 …")
        return cls(text, any(dates.values()), bool(counts["VERSION"]))

    @property
    def base(self) -> Path:
        """The folder in which specs and wild cards begin; its own name is taken as it is."""
        folder = Path(_SPEC.split(self.text, maxsplit=1)[0] + "x").parent
        while not folder.is_dir() and folder != folder.parent:
            folder = folder.parent
        return folder

    def up_to(self, spec: str) -> SpanPattern | None:
        """Cut it after the folder with the `span`, or with span and `version`; None: it ends there.

        So folders are found that have no files yet.
        """
        names = ("SPAN", *_DATE, *(["VERSION"] if spec == "version" else []))
        ends = [x.end() for x in _SPEC.finditer(self.text) if (x[1] or x[3]) in names]
        end = self.text.find("/", max(ends, default=len(self.text)))
        if end < 0:
            return None
        text = self.text[:end]
        return SpanPattern(text, self.is_date, bool(re.search(r"\{VERSION[:}]", text)))

    def rest_after(self, head: SpanPattern) -> str:
        """Give what follows a shorter one."""
        return self.text[len(head.text) + 1 :]

    def paths(self) -> Iterator[SpanPath]:
        """Give each path that matches, with its span and its version, by name.

        Raises:
            SpanError: of a path that the wild cards match, a spec is no number or no date.
        """
        base = str(self.base)
        rest = self.text[len(base) :]
        wild = glob.escape(base) + _SPEC.sub("?*", rest)  # of two in a row, `**` would be more
        form = re.compile(re.escape(base) + _regex(rest))
        for found in sorted(glob.glob(wild, recursive=True)):
            if not os.path.basename(found).startswith("."):
                yield self._parsed(found, form)

    def shown(self, span: int) -> str:
        """Write a span as it stands in a path."""
        return (_EPOCH + timedelta(days=span)).isoformat() if self.is_date else str(span)

    def number(self, text: str) -> int:
        """Read a span: a number, or for a pattern with a date, a date.

        Raises:
            SpanError: it is neither.
        """
        if text.isascii() and text.isdecimal():
            return int(text)
        if not self.is_date:
            raise SpanError("no number of a span", text, "a whole number, or `latest`")
        try:
            return (date.fromisoformat(text) - _EPOCH).days
        except ValueError:
            allowed = "a date (2026-01-31), a span's number, or `latest`"
            raise SpanError("no date of a span", text, allowed) from None

    def _parsed(self, path: str, form: re.Pattern[str]) -> SpanPath:
        match = form.fullmatch(path)
        if match is None:
            specs = ", ".join(x[0] for x in _SPEC.finditer(self.text) if x[2])
            what = f"a name of another width than {specs or 'the pattern'} has"
            raise SpanError(what, path, self.text)
        parts = match.groupdict()
        for name, text in parts.items():
            if not (text.isascii() and text.isdecimal()):
                raise SpanError(f"`{text}` stands where {name} should, and is no number", path)
        version = int(parts["VERSION"]) if self.has_version else None
        spelling = "/".join(parts.values())
        if not self.is_date:
            return SpanPath(Path(path), int(parts["SPAN"]), version, spelling)
        try:
            day = date(*(int(parts[name]) for name in _DATE))
        except ValueError as error:
            raise SpanError(f"no date: {error}", path) from None
        return SpanPath(Path(path), (day - _EPOCH).days, version, spelling)


def has_specs(text: str) -> bool:
    """Tell whether a path has a spec of TFX's."""
    return _SPEC.search(text) is not None


def _regex(text: str) -> str:
    """Write wild cards and specs as a regular expression, each spec a group of its name."""
    parts, begin = [], 0
    for match in _SPEC.finditer(text):
        parts.append(_wild_regex(text[begin : match.start()]))
        name, width = match[1] or match[3], match[2] or _DATE.get(match[3])
        parts.append(f"(?P<{name}>[^/]{f'{{{width}}}' if width else '*'})")
        begin = match.end()
    return "".join([*parts, _wild_regex(text[begin:])])


def _wild_regex(text: str) -> str:
    meanings = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = []
    for position, part in enumerate(_WILD.split(text)):
        if position % 2 == 0:
            parts.append(re.escape(part))
        elif part.startswith("["):
            inner = part[1:-1].replace("\\", "\\\\")
            parts.append(f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]")
        else:
            parts.append(meanings[part])
    return "".join(parts)
