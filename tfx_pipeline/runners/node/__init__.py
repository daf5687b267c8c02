"""One step of a compiled pipeline in a process of its own."""
