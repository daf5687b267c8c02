"""Rows that travel with a model, and what it answered when it was trained.

`rows` writes and reads them, `comparison` compares what a server answers with them. A `run_fn` of a
user's own writes them by `write_smoke_rows`.
"""

from tfx_pipeline.modules.smoke_rows.rows import SmokeRows, read_smoke_rows, write_smoke_rows

__all__ = ["SmokeRows", "read_smoke_rows", "write_smoke_rows"]
