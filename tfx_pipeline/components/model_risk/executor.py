"""The last judgement before a server sees the model: what could go wrong with it."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.evaluator import constants
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from tfx_pipeline.components.artifacts import (
    BLESSED_FILE,
    CURRENT_MODEL_ID,
    JUDGE,
    RISKS_ACCEPTED,
    SPLIT_PROOF,
)
from tfx_pipeline.components.model_risk.examined_model import Places, examined
from tfx_pipeline.components.model_risk.exported_model import UnfitModelError
from tfx_pipeline.components.model_risk.newest_span import newest_share
from tfx_pipeline.components.model_risk.settings import RiskSettings
from tfx_pipeline.evaluation.risk.assess import assess, not_applicable
from tfx_pipeline.evaluation.risk.findings import Acceptance, RiskVerdict
from tfx_pipeline.evaluation.verdict import VERDICT_FILE
from tfx_pipeline.ingestion.examples.splits import EVAL, TRAIN
from tfx_pipeline.ingestion.schema import SCHEMA_FILE, parse_schema
from tfx_pipeline.ingestion.versions.manifest import read_manifest
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts
from tfx_pipeline.storage.local_files import make_folder

_LOG = logging.getLogger(__name__)

RISK_PROPERTY = "settings"
"""Execution property: `settings.RiskSettings` as JSON."""
_NAME = "ModelRiskAssessor"
_HYPERPARAMETERS_FILE = "best_hyperparameters.txt"  # as TFX's Tuner calls it


class ModelRiskExecutor(base_executor.BaseExecutor):
    """Lets all checks look at the model, and writes what they found."""

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Examine the model; whatever is wrong with it ends in the artifacts.

        Raises:
            StepError: a file of the examples is damaged.
        """
        settings = RiskSettings.from_json(exec_properties[RISK_PROPERTY])
        risk = artifact_utils.get_single_instance(list(output_dict["risk"]))
        blessing = artifact_utils.get_single_instance(list(output_dict["blessing"]))
        model = artifact_utils.get_single_instance(list(input_dict["model"]))
        model_uri = model.uri
        with local_artifacts(input_dict, output_dict):
            evaluator = artifact_utils.get_single_instance(list(input_dict["evaluator_blessing"]))
            verdict = _verdict(input_dict, settings)
            make_folder(Path(risk.uri))
            make_folder(Path(blessing.uri))
            verdict.write(Path(risk.uri))
            is_blessed = not verdict.refusals and Path(evaluator.uri, BLESSED_FILE).exists()
            _write_blessing(Path(blessing.uri), Path(evaluator.uri), verdict, is_blessed=is_blessed)
        _mark(risk, model.id, blessed=not verdict.refusals)
        if verdict.accepted:
            accepted = json.dumps([asdict(each) for each in verdict.accepted], ensure_ascii=False)
            risk.set_string_custom_property(RISKS_ACCEPTED, accepted)
        _mark(blessing, model.id, blessed=is_blessed)
        # On Vertex AI a model's id is its resource's name; TFX puts it into the Evaluator's alone.
        name = evaluator.get_json_value_custom_property(CURRENT_MODEL_ID)
        if isinstance(name, str):
            blessing.set_string_custom_property(CURRENT_MODEL_ID, name)
        blessing.set_string_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY,
                                            model_uri)  # fmt: skip
        blessing.set_string_custom_property(JUDGE, _NAME)


def _verdict(input_dict: Artifacts, settings: RiskSettings) -> RiskVerdict:
    today = datetime.now(timezone.utc).date().isoformat()
    acceptances = [Acceptance(**each, on=today) for each in settings.accepted]
    model = artifact_utils.get_single_instance(list(input_dict["model"]))
    is_old = path_utils.is_old_model_artifact(model)
    examples = list(input_dict["examples"])
    places = Places(
        Path(path_utils.serving_model_path(model.uri, is_old)),
        Path(artifact_utils.get_split_uri(examples, TRAIN)),
        Path(artifact_utils.get_split_uri(examples, EVAL)),
        Path(artifact_utils.get_single_uri(list(input_dict["transform_graph"]))),
    )
    schema_file = Path(artifact_utils.get_single_uri(list(input_dict["schema"])), SCHEMA_FILE)
    schema = parse_schema(schema_file.read_bytes(), str(schema_file))
    found = _hyperparameters(input_dict)
    in_order = bool(examples[0].get_string_custom_property(SPLIT_PROOF))
    in_order &= settings.divided_by_chance
    newest = newest_share(read_manifest(examples[0].uri), in_order=in_order)
    try:
        with examined(places, schema, settings, found, newest) as subject:
            return assess(subject, settings.pipeline, settings.checks, acceptances)
    except UnfitModelError as error:
        _LOG.warning("no risk check can be made: %s", error)
        why = f"{error}; a run_fn must export what tfx_pipeline.modules.model.signatures does"
        return not_applicable(why, settings.pipeline, settings.checks, acceptances)


def _hyperparameters(input_dict: Artifacts) -> Mapping[str, Any] | None:
    found = list(input_dict.get("hyperparameters", ()))
    if not found:
        return None
    file = Path(artifact_utils.get_single_uri(found), _HYPERPARAMETERS_FILE)
    values: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return values


def _write_blessing(
    folder: Path, evaluator: Path, verdict: RiskVerdict, *, is_blessed: bool
) -> None:
    """Write the file that Pusher looks for, and beside it what both judges said."""
    name = constants.BLESSED_FILE_NAME if is_blessed else constants.NOT_BLESSED_FILE_NAME
    said = evaluator / VERDICT_FILE
    if said.exists():
        shutil.copyfile(said, folder / VERDICT_FILE)
    verdict.write(folder)
    (folder / name).touch()


def _mark(artifact: types.Artifact, model_id: int, *, blessed: bool) -> None:
    value = constants.BLESSED_VALUE if blessed else constants.NOT_BLESSED_VALUE
    artifact.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, value)
    artifact.set_int_custom_property(CURRENT_MODEL_ID, model_id)
