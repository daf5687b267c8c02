"""What `init` found and wrote, printed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tfx_pipeline.commands.output import print_table, result_console
from tfx_pipeline.commands.table_setup.planned_file import PlannedFile
from tfx_pipeline.commands.table_setup.writing import SetUp
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.tables.plan import TablePlan
from tfx_pipeline.tables.writing.record import FOLDER
from tfx_pipeline.tables.writing.yaml_values import flow_text, one_line
from tfx_pipeline.wording import counted, listed, shortened

if TYPE_CHECKING:
    from rich.console import Console

_SHOWN = 12
_NAMES = 6
_WIDTH = 90
_SECTIONS = {
    "data.split": "split",
    "evaluation.metrics": "metrics",
    "evaluation.slices": "slices",
    "risk.fairness.columns": "groups",
    "model.family": "model",
    "label.weight": "weights",
    "label.decision": "decision",
}


def print_json(done: SetUp, *, is_dry: bool) -> None:
    """Print a JSON document for programs."""
    document: dict[str, Any] = {
        "name": done.name,
        "written": not is_dry,
        "plan": asdict(done.plan),
        "files": [{"path": shown(x.path), "state": x.state, "text": x.text} for x in _files(done)],
        "kept": [asdict(each) for each in done.kept],
        "kept_columns": list(done.kept_columns),
        "problems": [asdict(problem) for problem in done.problems],
        "next": done.command,
    }
    result_console().out(json.dumps(document, indent=1, default=str))


def print_page(done: SetUp, *, is_dry: bool) -> None:
    """Print what was found, what was written and what comes next, for a person."""
    console = result_console()
    _print_plan(console, done.plan)
    if is_dry:
        _print_texts(console, done)
    _print_kept(console, done)
    console.out("")
    for file in _files(done):
        would = {"new": "would be new", "changed": "would change"} if is_dry else {}
        console.out(f"  {would.get(file.state, file.state):<13} {shown(file.path)}")
    for problem in done.problems:
        console.out(f"\nnot usable yet: {problem}")
    console.out("")
    if is_dry:
        console.out("nothing was written: --dry-run")
    elif not done.problems:
        console.out(f"read {shown(done.files[0].path)}, then run it:\n  {done.command}")


def _files(done: SetUp) -> list[PlannedFile]:
    """Give the files that people read."""
    return [file for file in done.files if FOLDER not in file.path.as_posix()]


def _print_plan(console: Console, plan: TablePlan) -> None:
    rows = f"{plan.rows:,} rows"
    if plan.looked_at < plan.rows:
        rows = f"about {plan.rows:,} rows, {plan.looked_at:,} of which were looked at"
    console.out(f"{plan.table}: {rows}, {counted(len(plan.columns), 'column')}\n")
    by_use: dict[str, list[str]] = {}
    for column in plan.columns:
        kind = str(column.feature.setting["kind"]) if column.feature else ""
        for use in filter(None, (kind, "" if column.role == "feature" else column.role)):
            by_use.setdefault(use, []).append(column.name)
    dropped = by_use.pop("dropped", [])
    uses = sorted(by_use, key=lambda x: (x not in ("label", "key", "time", "weight"), x))
    table = {
        "used as": uses,
        "columns": [str(len(by_use[use])) for use in uses],
        "names": [shortened(listed(by_use[use], _NAMES), _WIDTH) for use in uses],
    }
    print_table(console, table, bold=("used as",))
    if dropped:
        reasons = [(x.name, x.reason or x.meaning) for x in plan.columns if x.role == "dropped"]
        console.out("")
        table = {
            "left out": [shortened(name, 30) for name, _ in reasons[:_SHOWN]],
            "why": [shortened(one_line(why), _WIDTH) for _, why in reasons[:_SHOWN]],
        }
        print_table(console, table)
        if len(reasons) > _SHOWN:
            console.out(f"and {len(reasons) - _SHOWN} more, see the README")
    console.out("")
    for name, text in _decisions(plan):
        console.out(f"  {name:<9} {text}")
    for finding in plan.warnings[:_SHOWN]:
        step = f"; {one_line(finding.next_step)}" if finding.next_step else ""
        console.out(f"  ! {one_line(finding.text).rstrip('.')}{step}")
    if len(plan.warnings) > _SHOWN:
        console.out(f"  ! and {len(plan.warnings) - _SHOWN} more, see the README")


def _decisions(plan: TablePlan) -> Iterator[tuple[str, str]]:
    """Give label, split, metrics and the like, each with its reason."""
    label = plan.sections.get("label")
    if label is not None:
        setting = label.setting
        classes = setting.get("classes")
        of = f", {listed([str(x) for x in classes], 4)}" if classes else ""
        text = f"{setting['column']}: {setting['task']}{of}"
        yield "label", _with_reason(text, label.reason)
    for key, name in _SECTIONS.items():
        if decision := plan.sections.get(key):
            text = flow_text(decision.setting).strip("{}")
            yield name, _with_reason(text, decision.reason)


def _with_reason(text: str, reason: str) -> str:
    return f"{text} ({one_line(reason)})" if reason else text


def _print_texts(console: Console, done: SetUp) -> None:
    """Print new files whole, and of others what differs."""
    for file in _files(done):
        name = shown(file.path)
        if file.state == "new":
            console.out(f"\n── {name}\n{file.text}", end="")
        elif file.state == "changed":
            before = (file.there or "").splitlines(keepends=True)
            lines = difflib.unified_diff(
                before, file.text.splitlines(keepends=True), name, f"{name}, brought up to date"
            )
            console.out(f"\n── {name}\n{''.join(lines)}", end="")


def _print_kept(console: Console, done: SetUp) -> None:
    """Say what stays as a person changed it."""
    if not (done.kept or done.kept_columns):
        return
    console.out("\nkept as you have it:")
    for each in done.kept[:_SHOWN]:
        there = "removed" if each.there is None else shortened(each.there, _WIDTH)
        now = "nothing" if each.now is None else shortened(each.now, _WIDTH)
        console.out(f"  {each.setting}: {there} (init says {now})")
    if len(done.kept) > _SHOWN:
        console.out(f"  and {len(done.kept) - _SHOWN} more")
    if done.kept_columns:
        console.out(f"  of the schema: {listed(list(done.kept_columns), _NAMES)}")
