"""Feature operations, as nodes: those of one kind together."""
