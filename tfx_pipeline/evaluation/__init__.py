"""What a model is worth: metrics, the trivial answer, and gates, of arrays and numbers alone."""
