"""The model: its inputs, its network, its training, and what is exported of it.

`transform_graph` and `transformed_rows` bring the rows, `model_inputs` says which of their features
feed the `network`, `tasks` what its outputs mean, `out_of_fold` what lookups are in training;
`fitting` trains, `signatures` exports, with `made_rows` beside it; `training_notes` warn the user.
"""
