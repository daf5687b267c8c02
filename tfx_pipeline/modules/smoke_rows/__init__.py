"""Rows that travel with a model, and what it answered when it was trained.

`rows` writes and reads them, `comparison` compares what a server answers with them; `changed_rows`
adds rows with a feature missing or unseen, `warmup_rows` writes the server's warm-up requests.
"""

from tfx_pipeline.modules.smoke_rows.rows import SmokeRows, read_smoke_rows, write_smoke_rows

__all__ = ["SmokeRows", "read_smoke_rows", "write_smoke_rows"]
