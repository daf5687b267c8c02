"""Write a model in other formats, each proven to answer as the SavedModel does."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.export import saved_model
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.exported import ExportReport, FormatReport, RealRows, TfliteWish
from tfx_pipeline.export.facts import ExportFacts
from tfx_pipeline.export.formats import FORMATS, Format
from tfx_pipeline.export.one_format import Export, export_format
from tfx_pipeline.export.parity.gate import ProvenRows
from tfx_pipeline.export.parity.made_rows import made_rows
from tfx_pipeline.export.parity.parity_file import check_folder, write_parity
from tfx_pipeline.export.rows import CELL_DTYPES, Runtime
from tfx_pipeline.modules.description.description_file import LOCATION, read_description
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.wording import nearest


def export_model(
    model_directory: str | os.PathLike[str],
    formats: Sequence[str],
    facts: ExportFacts,
    rows: RealRows,
    folder: Path,
    wish: TfliteWish = TfliteWish(),  # noqa: B008 - it is frozen
) -> ExportReport:
    """Write the formats and `parity.json` into a folder, which is made; each file whole or not.

    `model_directory` is the exported SavedModel on this machine. The example of `facts` and its
    answer may be empty: then the first real row, or the first made one, and the model's answer to
    it stand there. A format that does not answer as the model does, or cannot say it, is reported
    with the error and not written; the others are. Formats of an earlier export of the same model
    that are not asked for stay. `wish` is about TFLite alone.

    Raises:
        ConfigError: a format is unknown, a library is not installed, or the folder holds something
            else.
        NotExportableError: the model carries no description that this version reads.
        PlaceError: the folder cannot be written to.
    """
    description = checked_description(model_directory, formats, folder)
    chosen, digest = chosen_formats(formats), _digest(model_directory)
    write_parity(folder, facts, digest, [FormatReport(each.name) for each in chosen])
    reference = saved_model.load(model_directory)
    proven = _proven_rows(description, rows, reference)
    facts = _with_example(facts, proven)
    export = Export(description, facts, reference, rows, proven, wish, folder)
    reports = tuple(export_format(each, export) for each in chosen)
    write_parity(folder, facts, digest, reports)
    return ExportReport(facts.name, facts.version, reports)


def checked_description(
    model_directory: str | os.PathLike[str], formats: Sequence[str], folder: Path
) -> ModelDescription:
    """Give the description of a model, if `export_model` can begin; without TensorFlow.

    Raises:
        ConfigError, NotExportableError: as `export_model` says.
    """
    chosen_formats(formats)
    description = description_of(model_directory)
    check_folder(folder, _digest(model_directory))
    return description


def _digest(model_directory: str | os.PathLike[str]) -> str:
    """Say which model this is, by what is exported of it."""
    return hashlib.sha256((Path(model_directory) / LOCATION).read_bytes()).hexdigest()


def chosen_formats(names: Sequence[str]) -> list[Format]:
    """Find formats by name, each once.

    Raises:
        ConfigError: one is unknown, or none is named.
    """
    allowed = ", ".join(FORMATS)
    problems = [
        Problem("there is no such format", "--to", name, allowed, nearest(name, FORMATS))
        for name in names
        if name not in FORMATS
    ]
    if not names:
        next_step = "name some, with commas between: `--to onnx,tflite`"
        problems = [Problem("no format is named", "--to", "nothing", allowed, next_step)]
    if problems:
        raise ConfigError(problems, "the model cannot be exported")
    return [FORMATS[name] for name in dict.fromkeys(names)]


def description_of(model_directory: str | os.PathLike[str]) -> ModelDescription:
    """Read what a model is exported from; without TensorFlow.

    Raises:
        NotExportableError: there is none that this version reads.
    """
    try:
        return read_description(model_directory)
    except ValueError as error:
        problem = Problem(str(error))
        raise NotExportableError([problem], "the model cannot be exported") from error


def _proven_rows(description: ModelDescription, rows: RealRows, reference: Runtime) -> ProvenRows:
    """Put real rows before made ones, and ask the model."""
    real = {
        x.name: _as_sent(rows.evaluation[x.name], CELL_DTYPES[x.type])
        for x in description.columns
        if rows.evaluation
    }
    count = len(next(iter(real.values()), ()))
    if not count + rows.made:
        raise ValueError("there is no row to prove an export on: give real ones, or have some made")
    made = made_rows(description, real, rows.made)
    cells = {
        name: np.concatenate([real[name], values]) if real else values
        for name, values in made.cells.items()
    }
    hurts = (*({} for _ in range(count)), *made.hurts)
    return ProvenRows(cells, reference(cells), hurts, count)


def _as_sent(cells: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Give cells the type in which they are sent; bytes that are no UTF-8 nobody can send."""
    if dtype is not object:
        return np.asarray(cells, dtype)
    texts = np.empty(len(cells), object)
    texts[:] = [x.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for x in cells]
    return texts


def _with_example(facts: ExportFacts, rows: ProvenRows) -> ExportFacts:
    """Give facts the first row as their example, if they have none."""
    if facts.example:
        return facts
    example = {name: values[0] for name, values in rows.cells.items()}
    answer = {name: values[0] for name, values in sorted(rows.answers.items())}
    return replace(
        facts,
        example={name: _plain(value) for name, value in example.items()},
        answer={name: _plain(value) for name, value in answer.items()},
    )


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
