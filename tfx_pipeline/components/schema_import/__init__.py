"""ImportSchemaGen: a curated schema from wherever its file is."""

from tfx_pipeline.components.schema_import.executor import SchemaImportExecutor

__all__ = ["SchemaImportExecutor"]
