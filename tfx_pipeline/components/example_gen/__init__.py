"""CsvExampleGen: the staged table becomes `tf.Example` records in splits."""

from tfx_pipeline.components.example_gen.executor import StagedTableExecutor

__all__ = ["StagedTableExecutor"]
