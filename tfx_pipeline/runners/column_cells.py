"""What the configuration says of cells: how they are written, and which of them mean missing."""

from __future__ import annotations

import contextlib

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.features import OrdinalFeature
from tfx_pipeline.ingestion.columns.number_text import shape_of
from tfx_pipeline.ingestion.needs import CsvFormat, Use
from tfx_pipeline.modules.features.kinds import use_of
from tfx_pipeline.modules.features.missing_marks import read_marks
from tfx_pipeline.modules.label_rule.rule import LabelRule


def csv_format(config: PipelineConfig) -> CsvFormat:
    """Say how the table is written."""
    return CsvFormat(**config.data.csv.model_dump(), missing_in=_missing_in(config))


def number_use(config: PipelineConfig, column: str) -> Use:
    """Say what the scan must find where the model takes a column as a number: text if it parses."""
    is_parsed = getattr(config.features.get(column), "parse", None) is not None
    return "text" if is_parsed else "number"


def _missing_in(config: PipelineConfig) -> dict[str, tuple[str, ...]]:
    """Give the cells that mean missing, by column; of one of numbers, those that none can be.

    The others stay numbers, for the model to know them when they are sent.
    """
    marks = {name: feature for name, feature in config.features.items() if feature.missing}
    return {
        name: read_marks(feature.missing).unheld
        if use_of(feature.model_dump()) in ("number", "moment")
        else feature.missing
        for name, feature in marks.items()
    }


def spelled_columns(config: PipelineConfig) -> set[str]:
    """Name the columns whose cells are compared as they are spelled: `1.0` is not `1`."""
    label = config.label
    spelled: set[str] = set()
    compared: dict[str, tuple[str, ...]] = {}
    if label.rule is None:
        compared[label.column] = label.classes
    else:
        with contextlib.suppress(ValueError):  # `check_config` says why
            spelled |= LabelRule.parse(label.rule).text_columns
    for name, feature in config.features.items():
        if isinstance(feature, OrdinalFeature):
            compared[name] = feature.values
    for column, texts in compared.items():
        if any(shape_of(text) not in ("integer", "text") for text in texts):
            spelled.add(column)
    return spelled
