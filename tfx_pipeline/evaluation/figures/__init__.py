"""What `evaluate` gathers beside the metrics: curves, classes, slices.

Each is a function of scored rows; what it gives has a size that does not depend on their number.
"""
