"""TFX's StatisticsGen without Beam, for an engine that would work in this process anyway.

`executor` is what the component runs; `split_statistics` reads a split once: blocks of its
records, `example_columns` of these (`regular_examples` by NumPy), `feature_statistics` of each.
The artifact is TFDV's own, to 1e-6 in every field.
"""
