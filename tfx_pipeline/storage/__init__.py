"""Files and folders wherever they are: this machine, or an object store by URI.

`fileio` reads, writes and copies by path or URI, with `object_store` behind it and `object_names`
on guard; `local_files` is this machine's part: atomic writes, locks. When a place fails,
`place_faults` sorts the error and `place_errors` words it, without secrets. `plain_names` leads
around folder names that libraries misread. `artifact_staging` brings artifacts of a store to
executors that know only paths, and alone knows TFX; nothing here knows configuration or pipeline.
"""
