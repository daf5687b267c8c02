"""CsvExampleGen: the staged table becomes `tf.Example` records in two splits."""

from tfx_pipeline.components.example_gen.component import csv_example_gen
from tfx_pipeline.components.example_gen.executor import StagedTableExecutor

__all__ = ["StagedTableExecutor", "csv_example_gen"]
