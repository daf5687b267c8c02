"""Penalised generalised linear models: least squares, logistic and softmax regression.

A number acts by a piecewise linear function, an id by a weight of its own; the strength of the
penalty is chosen on rows that the weights were not fitted to.
"""
