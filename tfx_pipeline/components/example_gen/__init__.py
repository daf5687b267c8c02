"""CsvExampleGen: the staged table becomes `tf.Example` records in two splits."""

from tfx_pipeline.components.example_gen.executor import StagedTableExecutor, csv_example_gen

__all__ = ["StagedTableExecutor", "csv_example_gen"]
