"""TFX's Evaluator in one pass over the rows, and a verdict that always says what it rests on.

`executor` leads: `training_rows` learns what the candidate stands beside (`linear_reference`),
`running` has each batch of eval rows scored (`scoring`, by `answering_model` and `raw_columns`),
`gathering` makes one split of them, `evaluation.evaluate` measures it, `tfma_files` writes it as
TFMA does. `row_metric` is what TFMA computes for whoever evaluates with it; `bad_rows` names rows
that cannot be judged. Nothing is exported here: a worker imports what it needs alone.
"""
