"""Tables as TFX's BulkInferrer takes them: an artifact of tf.Examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model_formats.subjects import cells, description_of, table_of


def write_artifact(model: Path, folder: Path, rows: int) -> Path:
    """Give the artifact's folder with so many of taxi's rows: written, if it is not there."""
    import numpy as np
    import pyarrow.parquet as pq

    from tfx_pipeline.batch.beam.bulk_inferrer import split_folder
    from tfx_pipeline.batch.beam.examples import ExampleFiles

    artifact = folder / f"examples-{rows}"
    target = split_folder(artifact)
    if target.exists():
        return artifact
    target.mkdir(parents=True)
    types: dict[str, Any] = {x.name: x.type for x in description_of(model).columns}
    found = cells(pq.read_table(table_of(folder, rows, "parquet"), columns=[*types]), types)
    ExampleFiles(target, types).write(found, np.arange(rows))
    return artifact
