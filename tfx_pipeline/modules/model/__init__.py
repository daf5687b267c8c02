"""The model: its inputs, its network, its training, and what is exported of it.

In the order of a training: `transform_graph` and `transformed_rows` bring the rows, `model_inputs`
says which of their features feed the `network`, `tasks` what its outputs mean, `fitting` trains it,
and `signatures` exports it. Notes on what a training should tell its user: `training_notes`.
"""
