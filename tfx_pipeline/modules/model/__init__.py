"""The model: its inputs, its network, its training, and what is exported of it.

In the order of a training: `transform_graph` and `transformed_rows` bring the rows, `model_inputs`
says which of their features feed the `network`, `tasks` what its outputs mean, `fitting` trains it,
and `signatures` exports it. `made_rows` makes rows with a feature missing or unseen out of real
ones, and the server's warm-up requests; `training_notes` says what its user should know.
"""
