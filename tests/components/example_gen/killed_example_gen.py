"""Read a table and write its examples, for a test that kills the process meanwhile."""

from __future__ import annotations

from pathlib import Path

from tfx.dsl.components.base import base_beam_executor
from tfx.types import standard_artifacts

from tfx_pipeline.components.example_gen.component import csv_example_gen
from tfx_pipeline.components.example_gen.executor import StagedTableExecutor
from tfx_pipeline.ingestion.needs import SplitNeeds
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.ingestion.versions.row_counts import ROW_COUNTS


def make_examples(table: Path, staging: Path, uri: Path, account: Path) -> None:
    """Do what a run does up to the end of CsvExampleGen; leave its account of the rows."""
    folder = stage_table(read_table(table, staging=staging), staging)
    component = csv_example_gen(str(folder), SplitNeeds({"train": 2, "eval": 1}))
    examples = standard_artifacts.Examples()
    examples.uri = str(uri)
    context = base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=[])
    StagedTableExecutor(context).Do({}, {"examples": [examples]}, component.exec_properties)
    account.write_text(examples.get_string_custom_property(ROW_COUNTS), encoding="utf-8")
