"""A run on this machine, from the configuration to a pushed model that answers.

Begin at `run_locally`: checks, then `tfx_session` compiles and runs the steps, then
`outcome_message` says what came of it and what to do next.
"""
