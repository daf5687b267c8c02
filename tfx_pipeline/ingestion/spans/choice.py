"""Which spans of a table are read: the latest, a window up to one, or a range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.reading.table_files import shown, table_files
from tfx_pipeline.ingestion.spans.pattern import SpanError, SpanPattern
from tfx_pipeline.wording import closest, listed

LATEST = "latest"
_UNVERSIONED = -1


@dataclass(frozen=True)
class SpanChoice:
    """Which spans are wanted: a number or a date each, or `latest`.

    Attributes:
        at: the last one.
        window: how many, up to that one, by number; those that are not there are left out.
        first: the first one, in place of a window.
        place: where the configuration says so.
    """

    at: str = LATEST
    window: int = 1
    first: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Span:
    """A span that is read: its latest version.

    Attributes:
        number: as TFX counts spans.
        shown: as it is written, e.g. a date.
        version: the latest; None: the path has no versions.
        files: of the table, by name.
    """

    number: int
    shown: str
    version: int | None
    files: tuple[Path, ...]


@dataclass(frozen=True)
class ChosenSpans:
    """The spans that are read, oldest first, and what is worth knowing about the choice."""

    spans: tuple[Span, ...]
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files of all, in their order."""
        return tuple(file for span in self.spans for file in span.files)


@dataclass
class _Found:
    """Files by span, version and spelling; and of spans without files, why they have none."""

    pattern: SpanPattern
    files: dict[int, dict[int, dict[str, list[Path]]]] = field(default_factory=dict)
    empty: dict[int, str] = field(default_factory=dict)

    def latest(self, span: int) -> int:
        """Give the latest version of a span that has files; `_UNVERSIONED`: it has none."""
        return max(self.files.get(span, {}), default=_UNVERSIONED)


def choose_spans(pattern: SpanPattern, choice: SpanChoice) -> ChosenSpans:
    """Find the spans that are wanted, each with its latest version.

    TFX passes over a newest span, or version, that has no files yet, without a word. Here it is
    refused: whoever made its folder means it to be read.

    Raises:
        DataError: a span that is wanted is not there, is empty, or has no version; or a name is
            none of a span.
    """
    try:
        found = _find(pattern)
        last = None if choice.at == LATEST else pattern.number(choice.at)
        first = pattern.number(choice.first) if choice.first else None
    except SpanError as error:
        problem = Problem(error.what, choice.place, error.received, error.allowed)
        raise _refusal(pattern, [problem]) from error
    known = sorted(found.files.keys() | found.empty.keys())
    if not known:
        what = f"no span is there: nothing matches {shown(Path(pattern.text))}"
        raise _refusal(pattern, [Problem(what, choice.place)])
    if last is None:
        last = known[-1]
    elif last not in known and choice.first is None:
        names = [pattern.shown(x) for x in known]
        near = closest(pattern.shown(last), names)
        step = f"did you mean {near}?" if near else None
        what = f"there is no span {pattern.shown(last)}"
        allowed = f"{listed(names[-8:][::-1], 8)}, or `latest`"
        raise _refusal(pattern, [Problem(what, choice.place, choice.at, allowed, step)])
    if first is None:
        first = last - choice.window + 1
    if first > last:
        what = f"the range begins after its end, {pattern.shown(last)}"
        raise _refusal(pattern, [Problem(what, choice.place, choice.first)])
    wanted = [x for x in known if first <= x <= last]
    if not wanted:
        names = [pattern.shown(x) for x in known]
        what = f"no span is there from {pattern.shown(first)} to {pattern.shown(last)}"
        raise _refusal(pattern, [Problem(what, choice.place, None, listed(names[-8:][::-1], 8))])
    if problems := [_empty_problem(found, x, choice) for x in wanted if x in found.empty]:
        raise _refusal(pattern, problems)
    spans = tuple(_span(found, number) for number in wanted)
    return ChosenSpans(spans, tuple(_notes(pattern, wanted, first, last)))


def spans_by_file(spans: Sequence[Span]) -> Mapping[Path, Span]:
    """Give the span of each file, which is that of each of its rows."""
    return {file: span for span in spans for file in span.files}


def _find(pattern: SpanPattern) -> _Found:
    found = _Found(pattern)
    for each in pattern.paths():
        files = table_files(each.path).files if each.path.is_dir() else (each.path,)
        if not files:
            found.empty[each.span] = "a folder without a table"
            continue
        version = _UNVERSIONED if each.version is None else each.version
        by_spelling = found.files.setdefault(each.span, {}).setdefault(version, {})
        by_spelling.setdefault(each.spelling, []).extend(files)
    _find_empty(found)
    return found


def _find_empty(found: _Found) -> None:
    """Find folders of spans, and of versions, in which nothing matches what follows."""
    whole = found.pattern
    head = whole.up_to("version") if whole.has_version else None
    if head is not None:
        for each in head.paths():
            if each.version is not None and each.version > found.latest(each.span):
                what = f"its version {each.version} has no {whole.rest_after(head)}"
                found.empty[each.span] = what
    head = whole.up_to("span")
    if head is not None:
        for each in head.paths():
            if each.span not in found.files and each.span not in found.empty:
                what = "no version: " if whole.has_version and not head.has_version else ""
                found.empty[each.span] = f"{what}nothing matches {whole.rest_after(head)} there"


def _span(found: _Found, number: int) -> Span:
    """Take the latest version of a span.

    Raises:
        DataError: it is written in several ways: of `1` and `01`, TFX would read one.
    """
    version = found.latest(number)
    by_spelling = found.files[number][version]
    name = found.pattern.shown(number)
    if len(by_spelling) > 1:
        what = f"span {name} is written in several ways"
        step = "keep one of them, or give a width: {SPAN:3}"
        problem = Problem(what, None, listed(sorted(by_spelling)), "one way", step)
        raise _refusal(found.pattern, [problem])
    files = tuple(sorted(file for files in by_spelling.values() for file in files))
    return Span(number, name, None if version == _UNVERSIONED else version, files)


def _empty_problem(found: _Found, span: int, choice: SpanChoice) -> Problem:
    name = found.pattern.shown(span)
    complete = [x for x in sorted(found.files.keys() - found.empty.keys()) if x < span]
    step = "wait until it is written"
    if complete:
        step += f", or take the one before: data.span: {found.pattern.shown(complete[-1])}"
    return Problem(f"span {name} is empty", choice.place, found.empty[span], None, step)


def _notes(pattern: SpanPattern, wanted: Sequence[int], first: int, last: int) -> list[str]:
    """Say which spans of a window or a range are not there."""
    if first == last:
        return []
    missing = last - first + 1 - len(wanted)
    names = listed([pattern.shown(x) for x in wanted], 7)
    spans = f"spans {pattern.shown(first)} to {pattern.shown(last)}: read {names}"
    return [f"{spans}; {missing} of them are not there" if missing else spans]


def _refusal(pattern: SpanPattern, problems: Sequence[Problem]) -> DataError:
    return DataError(problems, f"{shown(Path(pattern.text))} cannot be used; nothing was run")
