"""`tfx-pipeline data`: the versions of the data, what changed, and what was made of each."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tfx_pipeline.commands import data_quarantine
from tfx_pipeline.commands.arguments import (
    Commands,
    add_command,
    add_server_arguments,
    positive,
)
from tfx_pipeline.commands.output import print_json, with_errors_shown

if TYPE_CHECKING:
    from tfx_pipeline.commands.data_versions.finding import KnownVersions

_EPILOG = """\
A version of the data is a table that a run has read: it is named by a digest of its rows. Where a
version is asked for, the first digits will do, or the id of a run, `latest`, or `previous`.
Distances of columns are 0 to 1: of numbers, the largest difference of the cumulated shares; of
names, the largest difference of the share of one.

examples:
  tfx-pipeline data log
  tfx-pipeline data show latest --verify
  tfx-pipeline data diff previous latest
"""


def add_parser(commands: Commands) -> None:
    """Add `data` and its own commands."""
    help_text = "list and compare the versions of the data, and the models trained from each"
    parser = commands.add_parser(
        "data",
        help=help_text,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    own = parser.add_subparsers(required=True, metavar="COMMAND")
    log = add_command(own, "log", "list the versions, newest first", log_command, _EPILOG)
    log.add_argument("--limit", type=positive, default=20, help="most versions (default: 20)")
    show = add_command(own, "show", "show one version", show_command, _EPILOG)
    show.add_argument("version", nargs="?", default="latest", help="default: latest")
    show.add_argument(
        "--verify", action="store_true", help="count the rows again, in the files of the examples"
    )
    diff = add_command(own, "diff", "compare two versions, row by row", diff_command, _EPILOG)
    diff.add_argument("before", metavar="A", help="a version")
    diff.add_argument("after", metavar="B", help="another version")
    data_quarantine.add_parser(own)
    for each in (log, show, diff):
        add_server_arguments(each)
        each.add_argument("--json", action="store_true", help="print a JSON document")


@with_errors_shown
def log_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Print the versions, newest first."""
    from tfx_pipeline.commands.data_versions.documents import version_page
    from tfx_pipeline.commands.data_versions.finding import known_versions
    from tfx_pipeline.commands.data_versions.pages import print_log

    known = known_versions(options)
    newest = list(reversed(known.versions))[: options.limit]
    pages = [version_page(known, version) for version in newest]
    if options.json:
        print_json({**_head(known), "versions": [asdict(page) for page in pages]})
        return
    count = f"{len(known.versions)} version{'s' if len(known.versions) != 1 else ''} of the data"
    print_log(pages, "; ".join(filter(None, (f"{known.model.config.name}: {count}", known.server))))


@with_errors_shown
def show_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Print one version; with `--verify`, count its rows again."""
    from tfx_pipeline.commands.data_versions.documents import verify, version_page
    from tfx_pipeline.commands.data_versions.finding import known_versions
    from tfx_pipeline.commands.data_versions.pages import print_version

    known = known_versions(options)
    version = known.version(options.version)
    counted = verify(version) if options.verify else {}
    page = version_page(known, version)
    if options.json:
        print_json({**_head(known), "version": asdict(page), "verified": dict(counted)})
        return
    found = " + ".join(f"{split} {count:,}" for split, count in counted.items())
    print_version(page, f"{found} rows are in the files" if found else "")


@with_errors_shown
def diff_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Print how two versions differ."""
    from tfx_pipeline.commands.data_versions.documents import diff_page
    from tfx_pipeline.commands.data_versions.finding import known_versions
    from tfx_pipeline.commands.data_versions.pages import print_diff

    known = known_versions(options)
    page = diff_page(known.version(options.before), known.version(options.after))
    if options.json:
        print_json({**_head(known), "diff": asdict(page)})
    else:
        print_diff(page)


def _head(known: KnownVersions) -> dict[str, Any]:
    return {"pipeline": known.model.config.name, "server": known.server}
