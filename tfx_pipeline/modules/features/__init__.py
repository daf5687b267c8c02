"""The features that Transform makes of raw columns, a file a kind.

`raw_inputs` makes columns dense and marks what is missing; each kind takes it from there.
To add a kind: its function here, its section in `config.sections.features`, a branch in
`modules.preprocessing`.
"""
