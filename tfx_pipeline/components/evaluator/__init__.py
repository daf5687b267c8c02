"""TFX's Evaluator with metrics of our own, and a verdict that always says what it rests on.

`row_metric` is what TFMA computes on all workers, `executor` judges by it, `split_rows` names rows
that cannot be judged. Nothing is exported here: a worker imports `row_metric` alone.
"""
