"""ML Metadata as the runners keep it: opened, locked, read.

`session` opens it for a node: a file (`file_lock`; `sqlite_file` looks first), or a server
(`database_server`, `password`, `server_wait`) by `retrying_metadata`, which knows what passes
(`call_faults`). `long_lock` holds a step there, by a `lock_keeper`.
`step_records` and `lineage` read what runs left; `metadata_errors` words what is wrong.
"""
