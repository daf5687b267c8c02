"""Write the page of a run, and its facts as JSON, beside its summary."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.report.facts.run_facts import RunFacts
from tfx_pipeline.report.facts.values import REPORT_FILE, to_json
from tfx_pipeline.report.page.rendering import render_page
from tfx_pipeline.storage.local_files import write_atomically

PAGE_FILE = "report.html"


@dataclass(frozen=True)
class WrittenReport:
    """Where they are."""

    page: Path
    facts: Path


def write_report(facts: RunFacts, folder: Path) -> WrittenReport:
    """Write both; each file is whole or as it was."""
    written = WrittenReport(folder / PAGE_FILE, folder / REPORT_FILE)
    write_atomically(written.facts, to_json(facts))
    write_atomically(written.page, render_page(facts))
    return written
