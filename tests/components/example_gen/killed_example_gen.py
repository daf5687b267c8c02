"""Read a table and write its examples, once the parent says so; for a test that kills this."""

from __future__ import annotations

import sys
from pathlib import Path

from tfx.dsl.components.base import base_beam_executor
from tfx.types import standard_artifacts

from tfx_pipeline.components.example_gen.component import csv_example_gen
from tfx_pipeline.components.example_gen.executor import StagedTableExecutor
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table_reading import read_table


def main(table: str, staging: str, uri: str) -> None:
    """Do what a run does up to the end of CsvExampleGen."""
    _say("ready")
    sys.stdin.readline()
    read = read_table(Path(table), staging=Path(staging))
    folder = stage_table(read, Path(staging))
    component = csv_example_gen(str(folder), 2, 1, 0)
    examples = standard_artifacts.Examples()
    examples.uri = uri
    context = base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=[])
    StagedTableExecutor(context).Do({}, {"examples": [examples]}, component.exec_properties)
    _say(examples.get_string_custom_property("row_counts"))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


main(*sys.argv[1:])
