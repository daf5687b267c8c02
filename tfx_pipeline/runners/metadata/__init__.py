"""ML Metadata as the runners keep it: opened, locked, read.

`session` opens it for a node: a file (`sqlite_file`, `file_lock`), or a server (`database_server`)
by `retrying_metadata`, which knows what passes (`call_faults`) and takes the `password` from where
it is kept. `step_records` and `lineage` read what runs left; `metadata_errors` words what is wrong.
"""
