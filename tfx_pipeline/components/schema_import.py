"""The import of a curated schema from wherever its file is, without TensorFlow and Beam."""

from __future__ import annotations

from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils

from tfx_pipeline.ingestion.schema import SCHEMA_FILE, parse_schema
from tfx_pipeline.storage import fileio
from tfx_pipeline.storage.artifact_staging import Artifacts


class SchemaImportExecutor(base_executor.BaseExecutor):
    """Does what the executor of TFX's ImportSchemaGen does; that one imports all of TFDV."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Copy the file, as it is, into the artifact.

        Raises:
            ConfigError: it is no schema.
            PlaceError: it cannot be read, or the artifact not be written.
        """
        place = exec_properties["schema_file"]
        content = fileio.read_bytes(place)
        parse_schema(content, place)
        folder = artifact_utils.get_single_uri(output_dict["schema"])
        fileio.write_bytes(fileio.join(folder, SCHEMA_FILE), content)
