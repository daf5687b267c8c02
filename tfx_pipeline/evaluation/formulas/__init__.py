"""The formulas of the metrics, by what they look at: order, probabilities, classes, numbers, costs.

They take rows whose labels and answers are good; `evaluation.metrics` says when that suffices.
"""
