"""Gradient-boosted trees: grown by LightGBM, and written as plain TensorFlow operations by us.

`columns` says what trees see of a row, `settings` how they are grown by the number of rows,
`boosting` grows them, `ensemble` reads what was grown, `scorer` computes it in a graph, and
`exactness` compares both; `learning` puts it together.
"""
