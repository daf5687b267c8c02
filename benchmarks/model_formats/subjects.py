"""Models to be measured, and tables to be answered: the shipped taxi rows, again and again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "data/taxi/data.csv"
FAMILIES = {"default": (), "trees": ("model.family=trees",)}
"""Settings of the models, by name."""
_AT_ONCE = 1 << 16


def trained(name: str, folder: Path) -> Path:
    """Give the exported model of this name: it is trained, if it is not there."""
    found = folder / "models" / name
    links = [*found.glob("output/Trainer/model/*/Format-Serving")]
    if not links:
        _train(name, found)
        links = [*found.glob("output/Trainer/model/*/Format-Serving")]
    return links[-1]


def _train(name: str, folder: Path) -> None:
    settings = (
        f"environment.pipeline_root={folder}/output",
        f"environment.metadata.path={folder}/metadata.db",
        f"push.base_directory={folder}/serving_model",
        *FAMILIES[name],
    )
    command = [sys.executable, "run_local.py", "--config=configs/taxi.yaml", "--to=Trainer"]
    command += [f"--set={each}" for each in settings]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")


def table_of(folder: Path, rows: int, kind: str) -> Path:
    """Give a table of so many rows as `parquet` or `csv`: written, if it is not there.

    Columns are those of taxi's table in their own types, and `row`, which counts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import csv

    file = folder / f"rows-{rows}.{kind}"
    if file.exists():
        return file
    once = csv.read_csv(TABLE, convert_options=csv.ConvertOptions(strings_can_be_null=True))
    columns = [once.column(i).cast(_plain(once.field(i).type)) for i in range(once.num_columns)]
    once = pa.table(columns, names=once.column_names)
    folder.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".writing")
    schema = pa.schema([pa.field("row", pa.int64()), *once.schema])
    writer: Any = (pq.ParquetWriter if kind == "parquet" else csv.CSVWriter)(str(aside), schema)
    with writer:
        for start in range(0, rows, len(once)):
            part = once.slice(0, min(len(once), rows - start))
            numbers = pa.array(range(start, start + len(part)), pa.int64())
            writer.write_table(part.add_column(0, "row", numbers).cast(schema))
    aside.rename(file)
    return file


def _plain(type_: Any) -> Any:
    """Give float64 for what is null in all rows, and every other type as it is."""
    import pyarrow as pa

    return pa.float64() if pa.types.is_null(type_) else type_


def description_of(model: Path) -> Any:
    """Read what the exporter knows of a model."""
    from tfx_pipeline.modules.description.description_file import read_description

    return read_description(model)


def exports(name: str, model: Path, folder: Path) -> dict[str, Path]:
    """Write a model in all formats and kinds that it has; give the files."""
    from tfx_pipeline.export.errors import NotExportableError
    from tfx_pipeline.export.facts import MADE_BY, ExportFacts, InputFacts
    from tfx_pipeline.export.formats import FORMATS
    from tfx_pipeline.export.tflite import kinds

    description = description_of(model)
    inputs = tuple(InputFacts(column.name, column.type) for column in description.columns)
    facts = ExportFacts(name, "1", inputs, "", "", MADE_BY, {}, {})
    target = folder / "exports" / name
    target.mkdir(parents=True, exist_ok=True)
    written: dict[str, Path] = {}
    refused: dict[str, str] = {}

    def write(label: str, file_name: str, emit: Any) -> None:
        try:
            (target / file_name).write_bytes(emit())
            written[label] = target / file_name
        except NotExportableError as error:
            refused[label] = error.problems[0].what

    for each in ("onnx", "pmml"):
        write(each, FORMATS[each].file_name, lambda e=each: FORMATS[e].emit(description, facts))
    for kind in kinds.kinds_of(description):
        rows = cells_of(model, 500) if kind == "int8" else None
        write(
            f"tflite {kind}",
            f"{kind}.tflite",
            lambda k=kind, r=rows: kinds.emit(description, facts, k, r),
        )
    if refused:
        print(f"{name}: not written: {json.dumps(refused)}")
    return written


def cells_of(model: Path, rows: int) -> dict[str, Any]:
    """Give the first rows of taxi as a model takes them."""
    import pyarrow.csv

    once = pyarrow.csv.read_csv(TABLE).slice(0, rows)
    types = {column.name: column.type for column in description_of(model).columns}
    return cells(once, types)


def cells(batch: Any, types: dict[str, str]) -> dict[str, Any]:
    """Give Arrow's columns as the arrays that a model takes, with no check: the bare way."""
    import numpy as np
    import pyarrow as pa

    found = {}
    for name, type_ in types.items():
        column = batch.column(name)
        if type_ == "string":
            column = column.cast(pa.string()).fill_null("")
            found[name] = np.asarray(column).astype(object)
        else:
            dtype = np.float32 if type_ == "float32" else np.float64
            found[name] = np.asarray(column.cast(pa.float64())).astype(dtype)
    return found
