"""Files and folders wherever they are: this machine, or an object store by URI.

`fileio` reads, writes and copies by path or URI; `files` writes so that a reader meets the old or
the new, never a part; `artifact_staging` brings artifacts of a store to executors that know only
paths. What went wrong with a place is said by `place_errors`, in the user's terms and without
secrets. Nothing here knows TFX, the configuration or a pipeline.
"""
