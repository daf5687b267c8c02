"""What answers the rows of a job: onnxruntime over the model's export, or TensorFlow itself."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tfx_pipeline.batch.models import BatchModel
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.export.errors import NotExportableError, ParityError
from tfx_pipeline.export.facts import MADE_BY, ExportFacts, InputFacts
from tfx_pipeline.export.formats import FORMATS
from tfx_pipeline.export.rows import Answers, Rows, Runtime
from tfx_pipeline.modules.description.columns import CellType
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.patches.process_settings import hush_tensorflow

EngineName = Literal["tensorflow", "onnx", "beam"]
EngineChoice = Literal["auto", "tensorflow", "onnx", "beam"]
COMPARED = 1000
"""Rows that prove an export before it is used."""
_MADE = 200
"""Beside them, rows that are made to hurt."""
_UNUSABLE = "the model cannot be answered for by ONNX"
_ONNX = FORMATS["onnx"]


@dataclass(frozen=True)
class Engine:
    """What answers rows.

    Attributes:
        name: of it.
        why: it was chosen.
        run: answers rows; several threads may.
        columns: that the model reads.
    """

    name: EngineName
    why: str
    run: Runtime
    columns: Mapping[str, CellType]


def tensorflow_engine(model: BatchModel, why: str) -> Engine:
    """Load the SavedModel.

    Raises:
        ConfigError: it cannot be loaded, or takes what no table has.
    """
    hush_tensorflow()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of TensorFlow's imports
        from tfx_pipeline.batch.saved_model import load

        runtime, columns = load(model.folder)
    return Engine("tensorflow", why, runtime, columns)


def columns_of(description: ModelDescription) -> dict[str, CellType]:
    """Give the columns that a described model reads."""
    return {column.name: column.type for column in description.columns}


def choose_engine(choice: EngineChoice, model: BatchModel, first: Rows | None) -> Engine:
    """Take what was asked for; of `auto` ONNX, where that is possible and proven.

    `first` are rows of the job; None where the model carries no description.

    Raises:
        PipelineError: what was asked for cannot answer.
    """
    if choice == "tensorflow":
        return tensorflow_engine(model, "asked for")
    if choice == "beam":
        return replace(tensorflow_engine(model, "TFX's BulkInferrer"), name="beam")
    try:
        return onnx_engine(model, first)
    except PipelineError as error:
        if choice == "onnx":
            raise
        problem = error.problems[0]
        return tensorflow_engine(model, problem.what)


def onnx_engine(model: BatchModel, first: Rows | None) -> Engine:
    """Load the export that was pushed with the version, or write one; compare it.

    Raises:
        NotExportableError: there is none, and none can be written.
        ConfigError: onnxruntime is not installed, or cannot load it.
        ParityError: it answers otherwise than the description.
    """
    description = model.description
    if description is None or first is None:
        step = "--engine tensorflow; or train the model again"
        problem = Problem(model.undescribed, str(model.folder), next_step=step)
        raise NotExportableError([problem], "the model cannot be written as ONNX")
    try:
        runtime_version = version("onnxruntime")
    except PackageNotFoundError:
        step = "pip install 'tfx-pipeline[formats]', or --engine tensorflow"
        problem = Problem("onnxruntime is not installed", next_step=step)
        raise ConfigError([problem], _UNUSABLE) from None
    try:
        if model.onnx_file.is_file():
            runtime = _loaded(model.onnx_file)
            source = "the export that was pushed with the version"
        else:
            runtime = _emitted(model, description)
            source = "written from the model's description"
    except (ModuleNotFoundError, ValueError) as error:  # no package `onnx`; no such file
        place = str(model.onnx_file) if model.onnx_file.is_file() else None
        step = "--engine tensorflow"
        raise ConfigError([Problem(str(error), place, next_step=step)], _UNUSABLE) from error
    rows = _compare(runtime, description, first)
    why = f"{source}, equal on {rows:,} rows, in onnxruntime {runtime_version}"
    return Engine("onnx", why, runtime, columns_of(description))


def _emitted(model: BatchModel, description: ModelDescription) -> Runtime:
    inputs = tuple(InputFacts(column.name, column.type) for column in description.columns)
    facts = ExportFacts(model.name, model.version, inputs, "", "", MADE_BY, {}, {})
    content = _ONNX.emit(description, facts)
    with tempfile.TemporaryDirectory(prefix="tfx-onnx-") as folder:
        file = Path(folder, _ONNX.file_name)
        file.write_bytes(content)
        return _loaded(file)


def _loaded(file: Path) -> Runtime:
    """Load an export; rows are not checked again, as the runtime does: `cells` made them."""
    loaded: Any = _ONNX.load(file)

    def answer(rows: Rows) -> Answers:
        answers: Answers = loaded.run({x.name: rows[x.column] for x in loaded.inputs})
        return answers

    return answer


def _compare(runtime: Runtime, description: ModelDescription, first: Rows) -> int:
    """Compare with the description's own answers to rows; give how many these were.

    They are the first ones of the job, and some that are made to hurt.
    """
    from tfx_pipeline.export.numpy_form import answers
    from tfx_pipeline.export.parity.comparison import LIMIT, differences
    from tfx_pipeline.export.parity.made_rows import made_rows

    made = made_rows(description, first, _MADE).cells
    rows = {name: np.concatenate([x[:COMPARED], made[name]]) for name, x in first.items()}
    try:
        found = differences(description.answer, answers(description, rows), runtime(rows))
    except ValueError as error:
        what, worst = f"ONNX answers something else than the model: {error}", np.inf
    else:
        worst = float(found.max(initial=0.0))
        what = "ONNX answers otherwise than the model"
        if worst <= LIMIT:
            return len(found)
    problem = Problem(
        what,
        None,
        f"a difference of {worst:.3g}",
        f"at most {LIMIT:g}",
        "--engine tensorflow, and `tfx-pipeline export --to onnx` says which operation parts",
    )
    raise ParityError([problem], _UNUSABLE)


def no_answers(engine: Engine) -> Answers:
    """Answer no row: what is left says which answers there are."""
    from tfx_pipeline.batch.cells.reader import absent

    return engine.run({name: absent(type_, 0) for name, type_ in engine.columns.items()})
