"""Transform on one machine: the rows are analyzed in this process, the artifact is TFX's.

`executor` decides who does the work; `analyzers` reads what a `preprocessing_fn` asks to be learned
of the rows, `analysis` learns it in one pass and writes the transform graph.
"""
