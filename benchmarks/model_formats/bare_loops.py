"""Rows of a Parquet file answered in a loop of a few lines: what no tool can be much faster than.

python -m model_formats.bare_loops WAY MODEL FILE TABLE OUTPUT

Ways: `onnx` and `onnx-2` (onnxruntime with one thread, or two), `signature` (TensorFlow),
`lightgbm` (FILE is a booster; TABLE an array of its columns), `bulk-inferrer` (TABLE is an
artifact of tf.Examples).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from model_formats.subjects import cells, description_of

_AT_ONCE = 1 << 14
Ask = Callable[[dict[str, Any]], Any]


def by_onnxruntime(file: str, threads: int) -> Ask:
    """Give what answers cells with onnxruntime itself."""
    import json

    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file, options, ["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    names = {each["name"]: each["input"] for each in json.loads(metadata["inputs"])}
    (output,) = [x.name for x in session.get_outputs() if x.name in ("probability", "value")]
    return lambda found: session.run([output], {names[x]: y for x, y in found.items()})[0]


def by_signature(model: str) -> Ask:
    """Give what answers cells with the SavedModel's signature, as people call it."""
    import tensorflow as tf

    loaded = tf.saved_model.load(model)  # holds what the signature captures
    signature = loaded.signatures["serving_default"]

    def ask(found: dict[str, Any], _: Any = loaded) -> Any:
        return signature(**{x: tf.constant(y) for x, y in found.items()})["probability"].numpy()

    return ask


def loop(ask: Ask, model: str, table: str, output: str) -> None:
    """Read, answer and write, a batch after the other."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types: dict[str, Any] = {x.name: x.type for x in description_of(Path(model)).columns}
    schema = pa.schema([("row", pa.int64()), ("probability", pa.float32())])
    with pq.ParquetWriter(output, schema) as writer:
        columns = ["row", *types]
        for batch in pq.ParquetFile(table).iter_batches(_AT_ONCE, columns=columns):
            answers = pa.array(ask(cells(batch, types)))
            writer.write_table(pa.Table.from_arrays([batch.column("row"), answers], schema=schema))


def by_lightgbm(file: str, table: str) -> None:
    """Let LightGBM score an array that is in memory."""
    import lightgbm
    import numpy as np

    lightgbm.Booster(model_file=file).predict(np.load(table))


def by_bulk_inferrer(model: str, examples: str, output: str) -> None:
    """Let TFX's BulkInferrer answer tf.Examples on Beam's runner of this process."""
    from tfx_pipeline.batch.beam.bulk_inferrer import infer
    from tfx_pipeline.batch.models import find_model

    names = {"probability": "answer"}
    infer(find_model(Path(model), "taxi"), Path(examples), Path(output), names, ())


def main(way: str, model: str, file: str, table: str, output: str) -> None:
    """Answer all rows."""
    if way == "signature":
        loop(by_signature(model), model, table, output)
    elif way == "lightgbm":
        by_lightgbm(file, table)
    elif way == "bulk-inferrer":
        by_bulk_inferrer(model, table, output)
    else:
        loop(by_onnxruntime(file, 2 if way == "onnx-2" else 1), model, table, output)


if __name__ == "__main__":
    main(*sys.argv[1:])
