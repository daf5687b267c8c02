"""The model of a job: an exported one, in the folder of its version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.deployment.model_versions import model_digest
from tfx_pipeline.deployment.pushed_formats import FORMATS_FOLDER
from tfx_pipeline.export.formats import FORMATS
from tfx_pipeline.modules.description.model_description import ModelDescription


@dataclass(frozen=True)
class BatchModel:
    """A model.

    Attributes:
        name, version: as it is served.
        folder: of the version.
        digest: of its files.
        description: None: it carries none.
        undescribed: why.
    """

    name: str
    version: str
    folder: Path
    digest: str
    description: ModelDescription | None
    undescribed: str = ""

    @property
    def onnx_file(self) -> Path:
        """Where a pushed version has its proven export."""
        return self.folder.parent / FORMATS_FOLDER / self.version / FORMATS["onnx"].file_name


def find_model(folder: Path, name: str) -> BatchModel:
    """Look at the folder of a version; an empty name: that of the folder above it."""
    from tfx_pipeline.modules.description.description_file import read_description

    description, why = None, ""
    try:
        description = read_description(folder)
    except ValueError as error:
        why = str(error)
    folder = folder.absolute()
    return BatchModel(
        name or folder.parent.name, folder.name, folder, model_digest(folder), description, why
    )
