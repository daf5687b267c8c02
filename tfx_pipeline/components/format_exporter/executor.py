"""The model in other formats, before the push: a format that answers otherwise stops it."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

from tfx.components.evaluator import constants
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from tfx_pipeline.components.artifacts import (
    BLESSED,
    BLESSED_FILE,
    CURRENT_MODEL_ID,
    EXPORTED_FORMATS,
    JUDGE,
)
from tfx_pipeline.components.format_exporter.exporting import export
from tfx_pipeline.components.format_exporter.settings import ExportSettings
from tfx_pipeline.export.verdict import ExportVerdict
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts
from tfx_pipeline.storage.local_files import make_folder

_LOG = logging.getLogger(__name__)

EXPORT_PROPERTY = "settings"
"""Execution property: `settings.ExportSettings` as JSON."""
_NAME = "FormatExporter"
_NOT_BLESSED = "nothing was exported: the model is not blessed"


class FormatExporterExecutor(base_executor.BaseExecutor):
    """Exports the model if the judges before blessed it, and joins their blessing."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Export; a format that is not equal to the model ends in the artifacts.

        Raises:
            PipelineError: a file of the examples is damaged, a library is missing, or there is no
                place for the files.
        """
        settings = ExportSettings.from_json(exec_properties[EXPORT_PROPERTY])
        exported = artifact_utils.get_single_instance(list(output_dict["exported_model"]))
        blessing = artifact_utils.get_single_instance(list(output_dict["blessing"]))
        model = artifact_utils.get_single_instance(list(input_dict["model"]))
        model_uri = model.uri
        with local_artifacts(input_dict, output_dict):
            judged = artifact_utils.get_single_instance(list(input_dict["model_blessing"]))
            make_folder(Path(exported.uri))
            verdict = ExportVerdict(False, note=_NOT_BLESSED)
            if Path(judged.uri, BLESSED_FILE).exists():
                is_old = path_utils.is_old_model_artifact(model)
                served = Path(path_utils.serving_model_path(model.uri, is_old))
                verdict = export(served, input_dict, settings, self._run_id(), Path(exported.uri))
            verdict.write(Path(exported.uri))
            _write_blessing(Path(blessing.uri), Path(judged.uri), verdict)
        for artifact in (exported, blessing):
            artifact.set_int_custom_property(BLESSED, int(verdict.blessed))
            artifact.set_int_custom_property(CURRENT_MODEL_ID, model.id)
        names = ",".join(each.format for each in verdict.formats if each.file)
        exported.set_string_custom_property(EXPORTED_FORMATS, names)
        # On Vertex AI a model's id is its resource's name; TFX puts it into the Evaluator's alone.
        name = judged.get_json_value_custom_property(CURRENT_MODEL_ID)
        if isinstance(name, str):
            blessing.set_string_custom_property(CURRENT_MODEL_ID, name)
        blessing.set_string_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY,
                                            model_uri)  # fmt: skip
        blessing.set_string_custom_property(JUDGE, _NAME)

    def _run_id(self) -> str:
        """Name the run, where TFX says it."""
        return str((self._context and self._context.pipeline_run_id) or "")


def _write_blessing(folder: Path, judged: Path, verdict: ExportVerdict) -> None:
    """Write the file that Pusher looks for, and beside it what all judges said."""
    make_folder(folder)
    names = (constants.BLESSED_FILE_NAME, constants.NOT_BLESSED_FILE_NAME)
    for said in judged.iterdir():
        if said.name not in names and said.is_file():
            shutil.copyfile(said, folder / said.name)
    verdict.write(folder)
    (folder / names[0 if verdict.blessed else 1]).touch()
