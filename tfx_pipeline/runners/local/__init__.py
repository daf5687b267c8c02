"""A run on this machine, from the configuration to a pushed model that answers.

Begin at `run_locally`: it checks; unless all is `up_to_date`, `tfx_session` runs the steps and
`read_outcome` fills in the `run_record`. `smoke_query` asks the pushed model, and
`outcome_message` says what came of it and what to do next.
"""
