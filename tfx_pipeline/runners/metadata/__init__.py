"""ML Metadata as the runners keep it: opened, locked, read.

`session` opens it for a node: in a file (`sqlite_file`, with its `file_lock`), or on a server by
`retrying_metadata`, which knows what passes (`call_faults`) and what the server's own locks are for
(`database_server`). `metadata_errors` says in the user's terms what is wrong. `step_records` and
`lineage` read what runs left there.
"""
