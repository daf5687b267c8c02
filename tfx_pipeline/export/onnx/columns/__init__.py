"""Raw columns of a graph: what is missing, numbers, names and texts."""
