"""One step of a compiled pipeline in a process of its own, or some in one.

Begin at `run_node`: it checks the `request` against the `ir_file`. `attempt` holds
the step by `node_lock`, waits for the `run_steps` before it, and runs it by `launch`, where
`staged_operators` bring artifacts here. `outcome_line` says what came of it; `sigterm` ends it.
`outcome_file` keeps it beside the artifacts. A `supervisor` tries again; `review` adds what an
attempt that was killed could not say.
"""
