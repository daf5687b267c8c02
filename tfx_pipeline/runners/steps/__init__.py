"""What is said of a step, alike on this machine and in a container.

`outcomes` says what came of it, `rerun_reason` why it ran, `failure` why it failed; `console` shows
it, `run_record` keeps it.
"""
