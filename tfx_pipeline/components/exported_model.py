"""The artifact that holds a model in other formats."""

from __future__ import annotations

from tfx import types

from tfx_pipeline.components.artifacts import EXPORTED_MODEL


class ExportedModel(types.Artifact):
    """Holds a model in other formats, and how it was proven that they answer as it does.

    In its folder: `export.json` (see `export.verdict`), and in `formats` a file a format and
    `parity.json`. Its custom properties are `blessed` (1: all of them answer as the model does),
    `current_model_id`, and `formats`: their names, with commas. About its name see `DataBlessing`.
    """

    TYPE_NAME = EXPORTED_MODEL
