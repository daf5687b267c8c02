"""How a pipeline is run: on this machine, a step at a time anywhere, and on a cluster.

`local` runs all steps here, `node` one of them in a process of its own, `cluster` compiles and
submits. `steps` is what the first two say of a step, `metadata` how they reach ML Metadata.
`input_table` looks at the table before anything heavy is imported.
"""
