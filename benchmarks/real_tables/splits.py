"""Which rows of a table a configuration trains on, and which ones judge: asked of the ingestion."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def eval_rows(config_file: Path, settings: tuple[str, ...] = ()) -> NDArray[np.bool_]:
    """Tell of each row of the table, `[rows]`, whether it is in the split `eval`.

    Args:
        config_file: a configuration whose table is one CSV file.
        settings: `a.b=c` each, as `--set` takes them.

    Raises:
        RuntimeError: the ingestion leaves rows out, so that places are not those of the file.
    """
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder, listed_examples
    from tfx_pipeline.ingestion.examples.splits import EVAL, Splitter
    from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
    from tfx_pipeline.runners.input_table import checked_table

    loaded = load_config(config_file, overrides=settings)
    with tempfile.TemporaryDirectory() as folder:
        table = checked_table(loaded, Path(folder))
        if table.staged is None or table.rows_used != table.rows_read:
            raise RuntimeError(f"{table.rows_read - table.rows_used} rows of {table.path} left out")
        copy = StagedTable(table.staged)

        def batches() -> Any:
            return (batch for file in copy.files for batch in copy.batches(file))

        splitter = Splitter.of_rows(table.needs.split, batches())
        encoder = ExampleEncoder(copy.types)
        found = []
        for batch in batches():
            hashes = splitter.row_hashes(listed_examples(encoder.encode(batch)))
            found.append(splitter.divide(batch, hashes).codes)
    return np.concatenate(found) == splitter.names.index(EVAL)
