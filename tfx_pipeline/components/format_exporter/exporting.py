"""Export a model: its rows, its facts, and what came of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx import types
from tfx.types import artifact_utils

from tfx_pipeline.components.artifacts import EXPORTED_FORMATS, INPUT_FINGERPRINT
from tfx_pipeline.components.format_exporter.settings import ExportSettings
from tfx_pipeline.components.raw_cells import CALIBRATION_ROWS, read_cells
from tfx_pipeline.deployment.model_versions import model_digest
from tfx_pipeline.errors import Problem
from tfx_pipeline.export.errors import NotExportableError, ParityError
from tfx_pipeline.export.exported import ExportReport, FormatReport, RealRows, TfliteWish
from tfx_pipeline.export.exporting import description_of, export_model
from tfx_pipeline.export.facts import MADE_BY, ExportFacts
from tfx_pipeline.export.input_facts import input_facts
from tfx_pipeline.export.rows import Rows
from tfx_pipeline.export.verdict import ExportedFormat, ExportVerdict
from tfx_pipeline.ingestion.examples.splits import EVAL, TRAIN
from tfx_pipeline.ingestion.schema import SCHEMA_FILE, parse_schema
from tfx_pipeline.ingestion.versions.manifest import DATA_DIGEST
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.storage.artifact_staging import Artifacts, uri_of

_LOG = logging.getLogger(__name__)

_DIGEST_DIGITS = 16


def export(
    model: Path, inputs: Artifacts, settings: ExportSettings, run_id: str, folder: Path
) -> ExportVerdict:
    """Write the formats of a model into an artifact's folder, and prove them.

    Args:
        model: folder of the SavedModel.
        inputs: of the component.
        settings: what is written.
        run_id: of the run; "": it is not known, and the model is named by its digest.
        folder: of the ExportedModel.

    Raises:
        PipelineError: a file of the examples is damaged, or a library is missing.
    """
    examples = list(inputs["examples"])
    place = Path(artifact_utils.get_single_uri(list(inputs["schema"])), SCHEMA_FILE)
    schema = parse_schema(place.read_bytes(), uri_of(str(place)))
    try:
        description = description_of(model)
    except NotExportableError as error:
        _LOG.warning("the model cannot be exported: %s", error)
        return ExportVerdict(False, refusals=error.problems)
    facts = ExportFacts(
        name=settings.model,
        version=run_id or model_digest(model)[:_DIGEST_DIGITS],
        inputs=input_facts(description, schema, settings.words),
        data_fingerprint=_fingerprint(examples[0]),
        licence=settings.licence,
        made_by=MADE_BY,
        example={},
        answer={},
    )
    rows = _rows(examples, description, settings)
    wish = TfliteWish(settings.kinds, **settings.budget)
    report = export_model(model, settings.formats, facts, rows, folder / EXPORTED_FORMATS, wish)
    return _verdict(report)


def _rows(
    examples: list[types.Artifact], description: ModelDescription, settings: ExportSettings
) -> RealRows:
    """Read the eval rows that prove the formats, and the training rows that calibrate int8."""

    def read(split: str, most: int) -> tuple[Rows, list[bytes]]:
        folder = Path(artifact_utils.get_split_uri(examples, split))
        return read_cells(folder.iterdir(), description.columns, most)

    cells, records = read(EVAL, settings.eval_rows)
    training = read(TRAIN, CALIBRATION_ROWS)[0] if "int8" in settings.kinds else None
    return RealRows(cells, records, training, settings.hurting_rows)


def _fingerprint(examples: types.Artifact) -> str:
    """Name the data as the pipeline does: its version, or what its rows were made from."""
    return str(
        examples.get_string_custom_property(DATA_DIGEST)
        or examples.get_string_custom_property(INPUT_FINGERPRINT)
    )


def _verdict(report: ExportReport) -> ExportVerdict:
    """Judge an export: one format that is not there refuses the model."""
    refusals, worst_rows = list[Problem](), list[Problem]()
    for error in report.errors:
        is_shown = isinstance(error, ParityError)  # by rows, after what it sums up
        said = error.problems[:1] if is_shown else error.problems
        refusals += [Problem(error.title), *said]
        worst_rows += error.problems[len(said) :]
    formats = tuple(ExportedFormat(**_figures(each)) for each in report.formats)
    return ExportVerdict(not report.errors, formats, tuple(refusals), tuple(worst_rows))


def _figures(report: FormatReport) -> Mapping[str, Any]:
    known = ExportedFormat.__dataclass_fields__
    return {name: value for name, value in vars(report).items() if name in known}
