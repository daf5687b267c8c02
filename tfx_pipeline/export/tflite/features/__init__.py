"""From raw cells to transformed columns, in what TFLite's kernels can do.

They know float64 only as bits: what must be as float64 decides is decided in int64 or by rounded
constants, and what becomes float32 anyway is computed in float32 from exact differences.
"""
