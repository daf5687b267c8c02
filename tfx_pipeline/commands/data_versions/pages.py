"""Versions of the data, printed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tfx_pipeline.commands.data_versions.documents import DiffPage, ModelLine, VersionPage
from tfx_pipeline.commands.data_versions.finding import SHOWN_DIGITS
from tfx_pipeline.commands.output import NOTHING, print_table, result_console
from tfx_pipeline.ingestion.versions.column_moves import ColumnMove
from tfx_pipeline.ingestion.versions.row_counts import RowCounts
from tfx_pipeline.wording import listed, shortened

if TYPE_CHECKING:
    from rich.console import Console

_FEW = 10
_WIDTH = 44


def print_log(pages: Sequence[VersionPage], head: str) -> None:
    """Print a line a version, newest first."""
    console = result_console()
    console.out(head)
    columns = {
        "version": [page.digest[:SHOWN_DIGITS] for page in pages],
        "read": [page.read for page in pages],
        "run": [page.run_ids[0] or NOTHING for page in pages],
        "rows": [f"{page.rows['read']:,}" if page.rows else NOTHING for page in pages],
    }
    if any(page.spans for page in pages):
        columns["spans"] = [_spans(page) for page in pages]
    columns["models"] = [_models(page.models) for page in pages]
    columns["changed"] = [shortened(", ".join(_words(page)) or NOTHING, _WIDTH) for page in pages]
    print_table(console, columns, bold=("version",))


def print_version(page: VersionPage, verified: str) -> None:
    """Print all that is known of one version."""
    console = result_console()
    lines = [
        ("version", page.digest),
        ("read", page.read),
        ("runs", listed([run for run in page.run_ids if run], 5)),
        ("rows", str(RowCounts(**page.rows)) if page.rows else "not known"),
        ("verified", verified),
        ("spans", page.spans),
        ("columns", listed(list(page.manifest.types), 12) if page.manifest else "not known"),
        ("examples", page.examples),
        ("changed", ", ".join(_words(page)) or NOTHING),
    ]
    _pairs(console, [(name, text) for name, text in lines if text])
    if page.files:
        spans = {"span": [_span(x.span, x.version) for x in page.files]} if page.spans else {}
        files = {
            "file": [file.name for file in page.files],
            "rows": [f"{file.rows:,}" for file in page.files],
            "sha256": [file.digest[:16] for file in page.files],
        }
        console.out("")
        print_table(console, files | spans)
    if page.models:
        models = {
            "model of run": [model.run_id for model in page.models],
            "version": [model.version or NOTHING for model in page.models],
            "state": [model.state for model in page.models],
        }
        console.out("")
        print_table(console, models)
    _print_moves(console, page.moved[:_FEW])


def print_diff(page: DiffPage) -> None:
    """Print how two versions differ."""
    console = result_console()
    before, after = page.before[:SHOWN_DIGITS], page.after[:SHOWN_DIGITS]
    rows = page.rows
    lines = [
        ("versions", f"{before} → {after}"),
        (
            "rows",
            f"{rows.both:,} in both, {rows.only_before:,} only in {before},"
            f" {rows.only_after:,} only in {after}",
        ),
    ]
    changes = page.changes
    if changes is None:
        lines.append(("files", "not known: an earlier release read one of them"))
    else:
        groups = (
            ("files", changes.files_added, "added"),
            ("files", changes.files_removed, "removed"),
            ("files", changes.files_changed, "changed"),
            ("columns", changes.columns_added, "added"),
            ("columns", changes.columns_removed, "removed"),
        )
        lines += [(name, f"{verb}: {listed(what, _FEW)}") for name, what, verb in groups if what]
        types = [f"{x} {then} → {now}" for x, (then, now) in changes.columns_retyped.items()]
        if types:
            why = "of a row with a value in it, nothing is the same"
            lines.append(("types", f"{listed(types, _FEW)}; {why}"))
    _pairs(console, lines)
    if page.split:
        console.out(f"  moves      of the split {page.split}, by its statistics")
        _print_moves(console, page.moves[:_FEW])


def _print_moves(console: Console, moves: Sequence[ColumnMove]) -> None:
    if not moves:
        return
    columns = {
        "column": [move.name for move in moves],
        "distance": [f"{move.distance:.3f}" for move in moves],
        "missing": [f"{move.missing[0]:.1%} → {move.missing[1]:.1%}" for move in moves],
        "mean or most frequent": [f"{x.typical[0]} → {x.typical[1]}" for x in moves],
    }
    console.out("")
    print_table(console, columns)


def _pairs(console: Console, lines: Sequence[tuple[str, str]]) -> None:
    for name, text in lines:
        console.out(f"  {name:<10} {text}")


def _words(page: VersionPage) -> Iterator[str]:
    if page.changes:
        yield from page.changes.in_words()
    if page.moved:
        most = page.moved[0]
        more = f" and {len(page.moved) - 1} more" if len(page.moved) > 1 else ""
        yield f"{most.name}{more} moved ({most.distance:.2f})"


def _models(models: Sequence[ModelLine]) -> str:
    shown = [" ".join(filter(None, (model.version, model.state))) for model in models]
    return listed(shown[::-1], 1) or NOTHING


def _spans(page: VersionPage) -> str:
    spans = page.spans.split(", ") if page.spans else []
    if len(spans) > 2:
        return f"{spans[0]} … {spans[-1]} ({len(spans)})"
    return ", ".join(spans) or NOTHING


def _span(name: str, version: int | None) -> str:
    return name if version is None else f"{name} v{version}"
